//! What happens in an attempt.

use proofkey_authority::lie::{IdTokenEdit, JsonEdit, Signing, When};
use proofkey_authority::{Lie, Rule, Setup};
use proofkey_book::cast::CLIENT_ID;
use serde_json::Value;

use super::attacker::AttackersServer;
use super::attempt::{Attempt, End, Failure, Who};
use super::stage::{JOHN, MALLORY, Stage};

/// An attempt.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scene {
    ChangedRedirectUri,
    ForgedCallback,
    MixUp,
    CodeAtTheServer,
    CodeAtTheApp,
    ReplayAtTheApp,
    ReplayAtTheServer,
    ExpiredCode,
    TokenOfAnotherLogin,
    TokenForAnotherApp,
    ForeignKey,
    NoSignature,
}

impl Scene {
    pub(super) async fn play(self, careless: bool) -> Result<Attempt, Failure> {
        match self {
            Self::ChangedRedirectUri => changed_redirect_uri(careless).await,
            Self::ForgedCallback => forged_callback(careless).await,
            Self::MixUp => mix_up(careless).await,
            Self::CodeAtTheServer => code_at_the_server(careless).await,
            Self::CodeAtTheApp => injected(careless, &[], 0).await,
            Self::ReplayAtTheApp => replay(careless).await,
            Self::ReplayAtTheServer => replay_in_own_login(careless).await,
            Self::ExpiredCode => injected(careless, &[Rule::CodeExpired], ELEVEN_MINUTES).await,
            Self::TokenOfAnotherLogin => {
                altered(careless, "an ID token of John's, of another login", vec![claim("nonce", "{other_nonce}")])
                    .await
            }
            Self::TokenForAnotherApp => {
                altered(careless, "an ID token of John's, made for another app", vec![claim("aud", "another-client")])
                    .await
            }
            Self::ForeignKey => {
                let signed = IdTokenEdit::Sign(Signing::Foreign);
                altered(careless, "an ID token with John's name, signed with Mallory's key", vec![signed]).await
            }
            Self::NoSignature => {
                let unsigned = IdTokenEdit::Sign(Signing::None("none".into()));
                altered(careless, "an ID token with John's name and alg none", vec![unsigned]).await
            }
        }
    }
}

const ELEVEN_MINUTES: i64 = 660;
/// RFC 7636 Appendix B: a pair of the attacker's choice.
const HIS_VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const HIS_CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn changed_redirect_uri(careless: bool) -> Result<Attempt, Failure> {
    let mut stage = Stage::set(careless, Setup::honest(), &[Rule::RedirectUnregistered]).await?;
    let collector = AttackersServer::start().await?;
    let his_address = format!("{}/collect", collector.issuer());
    let link = form_urlencoded::Serializer::new(format!("{}?", stage.cast.authority.endpoints().authorization))
        .append_pair("response_type", "code")
        .append_pair("client_id", CLIENT_ID)
        .append_pair("redirect_uri", &his_address)
        .append_pair("scope", "openid read:workflows")
        .append_pair("state", "x")
        .append_pair("nonce", "x")
        .append_pair("code_challenge", HIS_CHALLENGE)
        .append_pair("code_challenge_method", "S256")
        .finish();
    stage.tell(Who::Attacker, "makes a link to the honest server that names his own address as redirect_uri");
    stage.tell(Who::Victim, "follows it; he is signed in there");
    let mut john = stage.browser(Who::Victim);
    let landing = john.open(&link).await?;
    let Some(callback) = landing.callback() else {
        stage.tell(Who::Server, "shows a page, and sends the browser nowhere");
        let end = stage.stopped(None);
        return Ok(stage.end(end));
    };
    stage.tell(Who::Server, "sends John's browser to Mallory, with a code");
    stage.deliver(&mut john, &callback).await?;
    collector.own_visits(stage.cast.wire());
    let code = collector.collected("code").ok_or("the browser brought no code")?;
    let form = redemption(&code, &his_address, Some(HIS_VERIFIER));
    redeemed(stage, &form).await
}

async fn forged_callback(careless: bool) -> Result<Attempt, Failure> {
    let mut stage = Stage::set(careless, Setup::honest(), &[]).await?;
    stage.tell(Who::Attacker, "logs in at the app, up to the callback, which he does not open");
    let his_callback = stage.log_in(&mut stage.browser(Who::Attacker)).await?;
    stage.tell(Who::Victim, "is led to open Mallory's callback");
    let mut john = stage.browser(Who::Victim);
    let page = stage.deliver(&mut john, &his_callback).await?;
    let subject = stage.subject(&mut john).await?;
    if subject.as_deref() == Some(MALLORY) {
        stage.tell(Who::App, "never looks at state, and signs John's browser in as Mallory");
        return Ok(stage.end(End::Succeeded("John's browser is signed in to Mallory's account".into())));
    }
    let end = stage.stopped(Some(&page));
    Ok(stage.end(end))
}

async fn mix_up(careless: bool) -> Result<Attempt, Failure> {
    let his_server = AttackersServer::start().await?;
    let mut stage = Stage::set_for(careless, Setup::honest(), &[], Some(&his_server)).await?;
    stage.tell(Who::Victim, "presses “Log in”, with the choice of a server that is Mallory's");
    let mut john = stage.browser(Who::Victim);
    let there = stage.log_in(&mut john).await?;
    stage.tell(Who::Attacker, "sends John's browser on to the honest server, with the app's own challenge and state");
    let callback = john.open(&there).await?.callback().ok_or("the browser was not sent back")?;
    his_server.own_visits(stage.cast.wire());
    stage.tell(Who::Server, "sends the browser back to the app, with a code of the honest server");
    let page = stage.deliver(&mut john, &callback).await?;
    let (Some(code), Some(verifier)) = (his_server.collected("code"), his_server.collected("code_verifier")) else {
        let end = stage.stopped(Some(&page));
        return Ok(stage.end(end));
    };
    stage.tell(Who::App, "sends the code, and the verifier with it, to the server that it asked: Mallory's");
    let address = format!("{}/callback", stage.app.base);
    redeemed(stage, &redemption(&code, &address, Some(&verifier))).await
}

async fn code_at_the_server(careless: bool) -> Result<Attempt, Failure> {
    let mut stage = Stage::set(careless, Setup::honest(), &[Rule::VerifierMissing]).await?;
    stage.tell(Who::Victim, "logs in; the callback is read on its way to the app");
    let callback = stage.log_in(&mut stage.browser(Who::Victim)).await?;
    stage.tell(Who::Attacker, "takes the code to the token endpoint himself, without a verifier");
    let address = format!("{}/callback", stage.app.base);
    redeemed(stage, &redemption(&parameter(&callback, "code"), &address, None)).await
}

/// John's code, in a login that Mallory began.
async fn injected(careless: bool, lacking: &[Rule], later: i64) -> Result<Attempt, Failure> {
    let mut stage = Stage::set(careless, Setup::honest(), lacking).await?;
    stage.tell(Who::Attacker, "begins a login of his own, and keeps its callback");
    let mut mallory = stage.browser(Who::Attacker);
    let his_callback = stage.log_in(&mut mallory).await?;
    stage.tell(Who::Victim, "logs in; the callback is read on its way to the app, and never arrives");
    let johns_callback = stage.log_in(&mut stage.browser(Who::Victim)).await?;
    if later > 0 {
        stage.cast.clock().advance(later);
        stage.tell(Who::Attacker, "finds the code, eleven minutes later");
    }
    inject(stage, &mut mallory, &his_callback, &johns_callback).await
}

async fn replay(careless: bool) -> Result<Attempt, Failure> {
    let mut stage = Stage::set(careless, Setup::honest(), &[Rule::CodeReplayed]).await?;
    let callback = used(&mut stage).await?;
    stage.tell(Who::Attacker, "opens the same address in his own browser");
    let mut mallory = stage.browser(Who::Attacker);
    let page = stage.deliver(&mut mallory, &callback).await?;
    taken_for_john(stage, &mut mallory, &page).await
}

async fn replay_in_own_login(careless: bool) -> Result<Attempt, Failure> {
    let mut stage = Stage::set(careless, Setup::honest(), &[Rule::CodeReplayed]).await?;
    let callback = used(&mut stage).await?;
    stage.tell(Who::Attacker, "begins a login of his own");
    let mut mallory = stage.browser(Who::Attacker);
    let his_callback = stage.log_in(&mut mallory).await?;
    inject(stage, &mut mallory, &his_callback, &callback).await
}

/// A callback of John's that has done its work.
async fn used(stage: &mut Stage) -> Result<String, Failure> {
    let mut john = stage.browser(Who::Victim);
    let callback = stage.log_in(&mut john).await?;
    stage.deliver(&mut john, &callback).await?;
    if stage.subject(&mut john).await?.as_deref() != Some(JOHN) {
        return Err("John could not log in".into());
    }
    stage.log_out(&mut john).await?;
    stage.tell(Who::Victim, "logs in, and out again; the callback stays in a history");
    if stage.printed() > 0 {
        stage.tell(Who::App, "has printed the code to its console, too: fault 12");
    }
    Ok(callback)
}

async fn inject(
    mut stage: Stage,
    mallory: &mut proofkey_authority::Browser,
    his_callback: &str,
    johns_callback: &str,
) -> Result<Attempt, Failure> {
    stage.tell(Who::Attacker, "opens his own callback with John's code in the place of his own");
    let (his_code, johns_code) = (parameter(his_callback, "code"), parameter(johns_callback, "code"));
    let page = stage.deliver(mallory, &his_callback.replace(&his_code, &johns_code)).await?;
    taken_for_john(stage, mallory, &page).await
}

/// The server's answer holds something else in the place of Mallory's ID token.
async fn altered(careless: bool, what: &str, mut edits: Vec<IdTokenEdit>) -> Result<Attempt, Failure> {
    edits.splice(0..0, [claim("sub", JOHN), claim("email", "user@example.com"), claim("name", "John Doe")]);
    // John's own login comes first, and is left alone.
    let lie = Lie::id_token(edits).only(When::AfterFirst);
    let mut stage = Stage::set(careless, Setup { lie: Some(lie), ..Setup::honest() }, &[]).await?;
    used(&mut stage).await?;
    stage.tell(Who::Attacker, "logs in as himself");
    let mut mallory = stage.browser(Who::Attacker);
    let callback = stage.log_in(&mut mallory).await?;
    stage.tell(Who::Attacker, &format!("puts into the answer, on its way to the app, {what}"));
    let page = stage.deliver(&mut mallory, &callback).await?;
    taken_for_john(stage, &mut mallory, &page).await
}

/// Whether the app takes Mallory's browser for John.
async fn taken_for_john(
    mut stage: Stage,
    mallory: &mut proofkey_authority::Browser,
    page: &proofkey_authority::Page,
) -> Result<Attempt, Failure> {
    if stage.subject(mallory).await?.as_deref() == Some(JOHN) {
        stage.tell(Who::App, "takes Mallory for John");
        return Ok(stage.end(End::Succeeded("Mallory's browser is signed in as John".into())));
    }
    let end = stage.stopped(Some(page));
    Ok(stage.end(end))
}

/// Whether the server gives Mallory tokens, and the API takes them.
async fn redeemed(mut stage: Stage, form: &[(&str, &str)]) -> Result<Attempt, Failure> {
    let Some(tokens) = stage.redeem(form).await? else {
        let end = stage.stopped(None);
        return Ok(stage.end(end));
    };
    stage.tell(Who::Server, "gives Mallory the tokens");
    let status = stage.call_api(&tokens).await?;
    let what = if status == 200 { "Mallory reads John's projects from the API" } else { "Mallory has John's tokens" };
    Ok(stage.end(End::Succeeded(what.into())))
}

fn redemption<'a>(code: &'a str, address: &'a str, verifier: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let mut form =
        vec![("grant_type", "authorization_code"), ("client_id", CLIENT_ID), ("code", code), ("redirect_uri", address)];
    form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
    form
}

fn claim(name: &str, value: &str) -> IdTokenEdit {
    IdTokenEdit::Claim(JsonEdit::set(name, Value::from(value)))
}

fn parameter(url: &str, name: &str) -> String {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}
