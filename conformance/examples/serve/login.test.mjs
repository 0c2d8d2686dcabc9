// Tests of an OAuth client against `proofkey-conformance serve`: node --test. PROOFKEY_CONFORMANCE names the program.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

let server, control;
const call = async (method, url, body) => {
  const answer = await fetch(url, { method, body: body && JSON.stringify(body) });
  return answer.status === 204 ? null : answer.json();
};

before(async () => { // one server for all tests; it ends with this process, however that ends
  server = spawn(process.env.PROOFKEY_CONFORMANCE ?? "proofkey-conformance", ["serve", "--json", "--with-parent"],
    { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await once(createInterface(server.stdout), "line");
  ({ control } = JSON.parse(line));
});
after(() => server.stdin.end());

test("an honest server logs in", async () => {
  const tenant = await call("POST", `${control}/tenants`, {});
  assert.equal((await logIn(tenant)).token_type, "Bearer");
  assert.deepEqual((await call("GET", `${tenant.control}/faults`)).faults, []);
});

test("a code is not sent after a wrong state", async () => {
  const tenant = await call("POST", `${control}/tenants`, { lie: { callback: [{ set: ["state", "wrong"] }] } });
  await assert.rejects(logIn(tenant), /state/);
  const { exchanges } = await call("GET", `${tenant.control}/log`);
  assert.equal(exchanges.filter(({ endpoint }) => endpoint === "token").length, 0);
});

async function logIn(tenant) { // the client under test; put your own in its place
  const random = () => randomBytes(32).toString("base64url");
  const [verifier, state, redirect_uri] = [random(), random(), "http://127.0.0.1/callback"];
  const client_id = tenant.clients[0].id;
  const url = `${tenant.endpoints.authorization}?${new URLSearchParams({
    response_type: "code", client_id, redirect_uri, scope: "profile", state, code_challenge_method: "S256",
    code_challenge: createHash("sha256").update(verifier).digest("base64url") })}`;
  const answer = new URL((await call("POST", `${tenant.control}/browser`, { url })).callback).searchParams;
  if (answer.get("state") !== state) throw new Error("the state is wrong");
  const response = await fetch(tenant.endpoints.token, { method: "POST", body: new URLSearchParams({
    grant_type: "authorization_code", code: answer.get("code"), code_verifier: verifier, redirect_uri, client_id }) });
  return response.json();
}
