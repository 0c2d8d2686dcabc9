// The loopback listener, which each SDK leaves to the application. It judges nothing.
import { createServer } from 'node:http';

export async function listen() {
  const arrived = [];
  let wake = () => {};
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
    response.end('You can close this window.');
    if (pathname === '/callback') { arrived.push(searchParams); wake(); }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    redirect: `http://127.0.0.1:${server.address().port}/callback`,
    // The query of the next callback.
    async next() {
      while (arrived.length === 0) await new Promise((done) => { wake = done; });
      return arrived.shift();
    },
  };
}

// Runs a client to its end: listeners and streams that are still open do not keep it.
export async function run(client) {
  try {
    await client();
    process.exit(0);
  } catch (error) {
    console.error(String(error));
    process.exit(1);
  }
}
