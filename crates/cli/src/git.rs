//! `proofkey git-credential`: a credential helper of git.

use std::io::Read;

use proofkey::token::TokenSet;
use zeroize::Zeroizing;

use crate::arguments::GitOperation;
use crate::context::Context;
use crate::error::Failure;
use crate::{output, token};

/// Maximum size of what git asks, in bytes.
const LIMIT: u64 = 1024 * 1024;

pub(crate) async fn run(context: &mut Context, operation: GitOperation) -> Result<(), Failure> {
    context.is_input_taken = true;
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().lock().take(LIMIT).read_to_string(&mut text).map_err(Failure::input)?;
    let question = Question(&text);
    // Git asks all of its helpers about every host. Without an answer, it asks the next one.
    if operation == GitOperation::Store || !choose(context, &question) {
        return Ok(());
    }
    if context.is_machine()? {
        // Its tokens are not kept: the next one is another one anyway.
        return if operation == GitOperation::Get {
            answer(&question, &*token::of_machine(context).await?)
        } else {
            Ok(())
        };
    }
    let session = context.session()?;
    let credentials = session.credentials().await?;
    if operation == GitOperation::Erase {
        let is_current = question.get("password") == Some(token::access_token(credentials.tokens())?.expose());
        return if is_current { Ok(session.renew(&credentials).await.map(drop)?) } else { Ok(()) };
    }
    answer(&question, credentials.tokens())
}

fn answer(question: &Question<'_>, tokens: &TokenSet) -> Result<(), Failure> {
    let username = question.get("username").unwrap_or("oauth2");
    let password = Zeroizing::new(format!("password={}", token::access_token(tokens)?.expose()));
    output::line(&format!("username={username}"))?;
    output::line(&password)?;
    match tokens.expires_at().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok()) {
        Some(since) => output::line(&format!("password_expiry_utc={}", since.as_secs())),
        None => Ok(()),
    }
}

/// Chooses the profile that lists the host; returns whether there is one. A token goes to no other host, and only by
/// https: any server can ask git for a password.
fn choose(context: &mut Context, question: &Question<'_>) -> bool {
    let Some(host) = question.get("host").filter(|_| question.get("protocol") == Some("https")) else { return false };
    let lists = |name: &str| {
        let profile = context.config.profiles.get(name);
        profile.is_some_and(|profile| profile.git_hosts.iter().any(|known| known.eq_ignore_ascii_case(host)))
    };
    if context.shared.profile.is_some() {
        return lists(&context.name);
    }
    let mut names = std::iter::once(&context.name).chain(context.config.profiles.keys());
    let Some(name) = names.find(|name| lists(name)).cloned() else { return false };
    context.name = name;
    true
}

/// Lines of `name=value`.
struct Question<'a>(&'a str);

impl<'a> Question<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
    }
}
