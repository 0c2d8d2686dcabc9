//! A plain client with one switch a defect: the judge judges itself by it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::http::{Answer, get, send};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The client: it connects to `url` and lists the tools. `defect` names what it does wrong; nothing, if it is empty.
///
/// # Errors
///
/// Why it refused.
pub async fn run(url: &str, defect: &str) -> Result<(), Failure> {
    let mut client = Client { url: url.to_owned(), defect: defect.to_owned(), ..Client::default() };
    client.call("initialize").await?;
    client.call("tools/list").await
}

#[derive(Default)]
struct Client {
    url: String,
    defect: String,
    scope: String,
    issuer: String,
    token: Option<String>,
    refresh_token: Option<String>,
    client_id: Option<String>,
    token_endpoint: String,
    refusals: u32,
}

/// The parameter of a challenge.
fn parameter(answer: &Answer, name: &str) -> Option<String> {
    let field = answer.header("www-authenticate")?;
    let at = field.find(&format!("{name}=\""))? + name.len() + 2;
    field[at..].split('"').next().map(str::to_owned)
}

fn text(document: &Value, member: &str) -> String {
    document[member].as_str().unwrap_or_default().to_owned()
}

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn random() -> Result<String, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

impl Client {
    fn is(&self, defect: &str) -> bool {
        self.defect == defect
    }

    async fn call(&mut self, method: &str) -> Result<(), Failure> {
        loop {
            let body =
                json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"protocolVersion": "2025-11-25"}});
            let mut fields = "content-type: application/json\r\n".to_owned();
            let mut url = self.url.clone();
            match &self.token {
                Some(token) if self.is("token-in-the-query") => url += &format!("?access_token={token}"),
                Some(token) => fields += &format!("authorization: Bearer {token}\r\n"),
                None => {}
            }
            let answer = send("POST", &url, &fields, &body.to_string()).await?;
            if answer.status == 200 {
                self.refusals = 0;
                return Ok(());
            }
            if let Some(location) = answer.header("location") {
                if self.is("token-follows-redirects") {
                    send("POST", location, &fields, &body.to_string()).await?;
                }
                return Err("redirected".into());
            }
            self.refusals += 1;
            if self.refusals > 3 && !self.is("endless") {
                return Err("refused too often".into());
            }
            if answer.status == 401 && self.refresh().await? {
                continue;
            }
            self.authorize(&answer).await?;
        }
    }

    async fn refresh(&mut self) -> Result<bool, Failure> {
        if self.is("no-refresh") {
            return Ok(false);
        }
        let (Some(token), Some(client_id)) = (self.refresh_token.take(), self.client_id.clone()) else {
            return Ok(false);
        };
        let mut pairs =
            vec![("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("client_id", client_id.as_str())];
        if !self.is("refresh-without-resource") {
            pairs.push(("resource", &self.url));
        }
        let body = form(&pairs);
        self.take_tokens(&body).await?;
        // Once: the next refusal is the user's.
        self.refresh_token = None;
        Ok(true)
    }

    async fn take_tokens(&mut self, body: &str) -> Result<(), Failure> {
        let fields = "content-type: application/x-www-form-urlencoded\r\n";
        let answer = send("POST", &self.token_endpoint, fields, body).await?;
        let document: Value = serde_json::from_str(&answer.body)?;
        self.token = Some(text(&document, "access_token"));
        self.refresh_token = document["refresh_token"].as_str().map(str::to_owned);
        if self.refresh_token.is_none() && self.is("refresh-token-required") {
            return Err("no refresh token".into());
        }
        Ok(())
    }

    async fn resource_metadata(&self, challenge: &Answer) -> Result<Value, Failure> {
        let base = self.url.trim_end_matches("/mcp");
        let root = format!("{base}/.well-known/oauth-protected-resource");
        let mut urls = vec![format!("{root}/mcp"), root];
        if self.is("root-first") {
            urls.reverse();
        }
        if let Some(named) = parameter(challenge, "resource_metadata").filter(|_| !self.is("challenge-ignored")) {
            urls = vec![named];
        }
        for url in urls {
            let answer = get(&url).await?;
            if answer.status == 200 {
                let document: Value = serde_json::from_str(&answer.body)?;
                let is_own = document["resource"] == *self.url || self.is("resource-unchecked");
                return if is_own { Ok(document) } else { Err("metadata of another resource".into()) };
            }
        }
        Err("no metadata".into())
    }

    async fn authorize(&mut self, challenge: &Answer) -> Result<(), Failure> {
        let resource = self.resource_metadata(challenge).await?;
        let issuer = resource["authorization_servers"][0].as_str().unwrap_or_default().to_owned();
        let server = self.server_metadata(&issuer).await?;
        if server["issuer"] != *issuer && !self.is("issuer-unchecked") {
            return Err("metadata of another issuer".into());
        }
        let methods = server["code_challenge_methods_supported"].as_array();
        if !methods.is_some_and(|methods| methods.contains(&json!("S256"))) && !self.is("pkce-unchecked") {
            return Err("the server does not announce S256".into());
        }
        let endpoint = text(&server, "authorization_endpoint");
        if !endpoint.starts_with("http://127.0.0.1:") && !self.is("http-unchecked") {
            return Err("the authorization endpoint is neither https nor on loopback".into());
        }
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let redirect_uri = format!("http://{}/callback", listener.local_addr()?);
        let mut metadata =
            json!({"client_name": "reference", "redirect_uris": [redirect_uri], "application_type": "native"});
        if self.is("no-application-type") {
            metadata["application_type"] = Value::Null;
        }
        let endpoint = text(&server, "registration_endpoint");
        let answer = send("POST", &endpoint, "content-type: application/json\r\n", &metadata.to_string()).await?;
        if answer.status != 201 && !self.is("registration-unchecked") {
            return Err(format!("the registration was refused: {}", answer.body).into());
        }
        let registered = text(&serde_json::from_str(&answer.body)?, "client_id");
        let client_id = self.client_id.clone().filter(|_| self.is("registration-kept")).unwrap_or(registered);
        self.scope = self.next_scope(parameter(challenge, "scope"), &resource, &server);
        self.token_endpoint = text(&server, "token_endpoint");
        self.client_id = Some(client_id.clone());
        let is_announced = server["authorization_response_iss_parameter_supported"] == true;
        self.issuer = issuer;
        self.log_in(&listener, &redirect_uri, &client_id, &text(&server, "authorization_endpoint"), is_announced).await
    }

    /// The metadata of an authorization server, from the first address that has them.
    async fn server_metadata(&self, issuer: &str) -> Result<Value, Failure> {
        let at = issuer.find("//").map_or(0, |at| at + 2);
        let (base, path) = issuer.split_at(issuer[at..].find('/').map_or(issuer.len(), |path| at + path));
        let mut urls = vec![
            format!("{base}/.well-known/oauth-authorization-server{path}"),
            format!("{base}/.well-known/openid-configuration{path}"),
            format!("{issuer}/.well-known/openid-configuration"),
        ];
        if self.is("one-address") {
            urls.truncate(1);
        }
        for url in urls {
            let answer = get(&url).await?;
            if answer.status == 200 {
                return Ok(serde_json::from_str(&answer.body)?);
            }
        }
        Err("no metadata of the authorization server".into())
    }

    fn next_scope(&self, challenged: Option<String>, resource: &Value, server: &Value) -> String {
        let list = |document: &Value| {
            let scopes = document["scopes_supported"].as_array().into_iter().flatten();
            scopes.filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
        };
        if self.is("scope-of-the-issuer") {
            return list(server);
        }
        let is_listed = list(server).split(' ').any(|scope| scope == "offline_access");
        let offline = if is_listed || self.is("offline-access-always") { "offline_access" } else { "" };
        let needed = challenged.unwrap_or_else(|| list(resource));
        let before = if self.is("step-up-forgets") { "" } else { &self.scope };
        let mut tokens: Vec<&str> = Vec::new();
        for token in before.split(' ').chain(needed.split(' ')).chain([offline]) {
            if !token.is_empty() && !tokens.contains(&token) {
                tokens.push(token);
            }
        }
        tokens.join(" ")
    }

    async fn log_in(
        &mut self,
        listener: &TcpListener,
        redirect_uri: &str,
        client_id: &str,
        endpoint: &str,
        is_announced: bool,
    ) -> Result<(), Failure> {
        let (verifier, state) = (random()?, random()?);
        let (challenge, method) = match self.is("plain") {
            true => (verifier.clone(), "plain"),
            false => (URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())), "S256"),
        };
        let mut pairs = vec![
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("scope", &self.scope),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", method),
        ];
        if !self.is("no-resource") {
            pairs.push(("resource", &self.url));
        }
        println!("{endpoint}?{}", form(&pairs));
        let query = callback(listener).await?;
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let value = |name: &str| pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
        let refused =
            || value("error").map(|error| format!("{error}: {}", value("error_description").unwrap_or_default()));
        if let Some(error) = refused().filter(|_| self.is("error-before-iss")) {
            return Err(error.into());
        }
        if value("state") != Some(&state) && !self.is("state-unchecked") {
            return Err("another state".into());
        }
        let is_good = value("iss").map_or(!is_announced, |iss| iss == self.issuer);
        if !is_good && !self.is("iss-unchecked") {
            return Err("another issuer".into());
        }
        if let Some(error) = refused() {
            return Err(error.into());
        }
        if self.is("discovers-again") {
            let resource = get(&self.url.replace("/mcp", "/.well-known/oauth-protected-resource/mcp")).await?;
            let resource: Value = serde_json::from_str(&resource.body)?;
            let issuer = text(&json!({"issuer": resource["authorization_servers"][0]}), "issuer");
            self.token_endpoint = text(&self.server_metadata(&issuer).await?, "token_endpoint");
        }
        let code = value("code").ok_or("no code")?;
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("client_id", client_id),
            ("code_verifier", &verifier),
        ];
        if !self.is("no-resource") {
            pairs.push(("resource", &self.url));
        }
        let body = form(&pairs);
        self.take_tokens(&body).await
    }
}

/// The query of the one request that arrives.
async fn callback(listener: &TcpListener) -> Result<String, Failure> {
    let (mut stream, _) = listener.accept().await?;
    let mut head = vec![0; 16 * 1024];
    let length = stream.read(&mut head).await?;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await?;
    let head = String::from_utf8_lossy(&head[..length]).into_owned();
    let target = head.split(' ').nth(1).unwrap_or_default();
    Ok(target.split_once('?').map_or("", |(_, query)| query).to_owned())
}
