use proofkey::http::{Request, Response};
use proofkey_mcp::{Denial, McpError, Next, Session};
use serde_json::json;

use crate::desk::*;

fn ok() -> Response<Vec<u8>> {
    refusal(200, "")
}

fn unauthorized() -> Response<Vec<u8>> {
    refusal(401, ", error=\"invalid_token\"")
}

fn insufficient(scope: &str) -> Response<Vec<u8>> {
    refusal(403, &format!(", error=\"insufficient_scope\", scope=\"{scope}\""))
}

fn denial(result: Result<Next, McpError>) -> Denial {
    match result {
        Err(error @ McpError::Denied { reason }) => {
            assert_eq!(error.code(), "mcp_denied");
            reason
        }
        other => panic!("{other:?}"),
    }
}

/// What the user is asked for, and the session that comes of it.
fn authorized(desk: &Desk, next: Next) -> Session {
    match next {
        Next::Authorize(demand) => desk.session(&demand),
        other => panic!("{other:?}"),
    }
}

#[test]
fn mc_25_mc_26_the_token_goes_to_its_server_in_the_header_and_nowhere_else() {
    let session = Desk::honest().session(&demand(""));
    for method in ["GET", "POST", "DELETE"] {
        let mut request =
            Request::builder().method(method).uri(MCP).header("authorization", "Bearer other").body(()).unwrap();
        session.authorize(&mut request).unwrap();
        let sent: Vec<_> = request.headers().get_all("authorization").iter().collect();
        assert_eq!(sent, ["Bearer AT-1"]);
        assert!(sent[0].is_sensitive() && request.uri() == MCP);
    }
    for uri in [
        "https://mcp.example/other",
        "https://mcp.example/mcp/",
        "https://mcp.example/",
        "https://mcp.example/mcp?access_token=AT-1",
        "https://mcp.example:8443/mcp",
        "http://mcp.example/mcp",
        "https://mcp.example.evil.example/mcp",
        "https://evil.example/mcp",
        "https://mcp.example@evil.example/mcp",
        "https://user@mcp.example/mcp",
        "/mcp",
    ] {
        let mut request = Request::post(uri).body(()).unwrap();
        let error = session.authorize(&mut request).unwrap_err();
        assert_eq!(error.code(), "mcp_another_server", "{uri}");
        assert!(request.headers().is_empty(), "{uri}");
        assert!(!error.to_string().contains("AT-1"), "{error}");
    }
}

#[test]
fn what_is_no_question_of_authorization_is_none_of_ours() {
    let mut session = Desk::honest().session(&demand(""));
    for response in [
        ok(),
        refusal(404, ""),
        refusal(500, ""),
        refusal(403, ""),
        refusal(403, ", error=\"invalid_token\""),
        refusal(400, ", error=\"insufficient_scope\""),
    ] {
        assert_eq!(session.next_after(&response).unwrap(), Next::Proceed, "{}", response.status());
    }
}

#[test]
fn mc_23_a_step_up_asks_for_the_union() {
    let desk = Desk::honest();
    let session = desk.session(&demand(", scope=\"files:read files:list\""));
    let mut session = session;
    let next = session.next_after(&insufficient("files:write files:read")).unwrap();
    let Next::Authorize(demand) = next else { panic!("{next:?}") };
    let started = desk.begin_as(&client(), &demand, Some(session.registration().clone())).unwrap();
    assert_eq!(parameter(started.url(), "scope").as_deref(), Some("files:read files:list files:write"));
    assert_eq!(parameter(started.url(), "client_id").as_deref(), Some("dynamic-client"));
}

#[test]
fn mc_24_a_step_up_that_asks_for_nothing_new_is_the_end() {
    let desk = Desk::honest();
    let mut session = desk.session(&demand(", scope=\"a b\""));
    assert_eq!(denial(session.next_after(&insufficient("b"))), Denial::NothingToAskFor);
    assert_eq!(denial(session.next_after(&refusal(403, ", error=\"insufficient_scope\""))), Denial::NothingToAskFor);
    let many: Vec<_> = (0..65).map(|number| format!("s{number}")).collect();
    let mut session = desk.session(&demand(""));
    assert_eq!(denial(session.next_after(&insufficient(&many.join(" ")))), Denial::TooManyScopes);
}

#[test]
fn a_session_that_began_with_many_scopes_lasts_beyond_its_first_401() {
    let desk = Desk::honest();
    desk.answer(TOKEN, 200, without(tokens(), "refresh_token"));
    let many: Vec<_> = (0..70).map(|number| format!("s{number}")).collect();
    let mut session = desk.session(&demand(&format!(", scope=\"{}\"", many.join(" "))));
    let next = session.next_after(&unauthorized()).unwrap();
    assert!(matches!(next, Next::Authorize(_)), "{next:?}");
    assert_eq!(denial(session.next_after(&insufficient("s70"))), Denial::TooManyScopes);
}

#[test]
fn mc_24_a_server_that_always_wants_more_comes_to_an_end() {
    let desk = Desk::honest();
    let mut session = desk.session(&demand(", scope=\"s\""));
    for step in 0..3 {
        let next = session.next_after(&insufficient(&format!("s{step}"))).unwrap();
        session = authorized(&desk, next);
    }
    assert_eq!(denial(session.next_after(&insufficient("s3"))), Denial::TooManyRefusals);
    assert_eq!(denial(session.next_after(&insufficient("s4"))), Denial::TooManyRefusals);

    // One that is content in between may go on, up to the number of scopes.
    let mut session = desk.session(&demand(", scope=\"s\""));
    let mut steps = 0;
    let last = loop {
        assert_eq!(session.next_after(&ok()).unwrap(), Next::Proceed);
        match session.next_after(&insufficient(&format!("s{steps}"))) {
            Ok(next) => session = authorized(&desk, next),
            last => break last,
        }
        steps += 1;
    };
    assert_eq!((denial(last), steps), (Denial::TooManyScopes, 63));
}

#[test]
fn a_loop_of_401_ends_after_one_question_to_the_user() {
    let desk = Desk::honest();
    let mut session = desk.session(&demand(""));
    assert_eq!(session.next_after(&unauthorized()).unwrap(), Next::Refresh);
    client().refresh_blocking(&|request| desk.send(request), &mut session).unwrap();
    let next = session.next_after(&unauthorized()).unwrap();
    // A restart in between forgets nothing.
    let mut session = Session::from_json(&authorized(&desk, next).to_json()).unwrap();
    assert_eq!(session.next_after(&unauthorized()).unwrap(), Next::Refresh);
    client().refresh_blocking(&|request| desk.send(request), &mut session).unwrap();
    assert_eq!(denial(session.next_after(&unauthorized())), Denial::TooManyRefusals);
    // An error of another kind in between is no success.
    assert_eq!(session.next_after(&refusal(500, "")).unwrap(), Next::Proceed);
    assert_eq!(denial(session.next_after(&unauthorized())), Denial::TooManyRefusals);
    // A success is.
    assert_eq!(session.next_after(&ok()).unwrap(), Next::Proceed);
    assert_eq!(session.next_after(&unauthorized()).unwrap(), Next::Refresh);
}

#[test]
fn without_a_refresh_token_the_user_is_asked() {
    let desk = Desk::honest();
    desk.answer(TOKEN, 200, without(tokens(), "refresh_token"));
    let mut session = desk.session(&demand(", scope=\"a\""));
    let next = session.next_after(&refusal(401, ", scope=\"b\", resource_metadata=\"https://mcp.example/m\"")).unwrap();
    let Next::Authorize(demand) = next else { panic!("{next:?}") };
    assert_eq!((demand.metadata_url(), demand.scope().unwrap().as_str()), (Some("https://mcp.example/m"), "b"));
}

#[test]
fn a_token_of_another_type_is_not_sent_as_a_bearer_token() {
    let desk = Desk::honest();
    desk.answer(TOKEN, 200, with(tokens(), "token_type", json!("DPoP")));
    let started = desk.begin().unwrap();
    let callback = callback(started.pending());
    let error = desk.finish(started.into_parts().1, &callback).unwrap_err();
    assert_eq!(error.code(), "token_type_unknown");
    assert!(
        McpError::NoBearerToken.to_string().contains("Bearer")
            && McpError::NoBearerToken.code() == "mcp_no_bearer_token"
    );
}

#[test]
fn an_openid_scope_brings_no_identity() {
    let desk = Desk::honest();
    desk.answer(TOKEN, 200, with(tokens(), "id_token", json!("not.a.token")));
    let session = desk.session(&demand(", scope=\"openid a\""));
    assert_eq!(session.scope().unwrap().as_str(), "openid a");
}
