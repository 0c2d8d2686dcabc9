//! Metadata that can be at several addresses: of the MCP server, then of its authorization server.

use std::collections::VecDeque;
use std::time::SystemTime;

use proofkey::authorize::{AuthorizationServer, Compat, Discovery, DiscoveryPath, DiscoveryRequest, Issuer};
use proofkey::http::header::ACCEPT;
use proofkey::http::{Request, Response};
use proofkey::token::TransportError;
use proofkey::{KeyFetches, Step, Steps};

use crate::address::AddressPolicy;
use crate::demand::Demand;
use crate::error::{McpError, ResourceMetadataError, Stage, Tried};
use crate::resource_metadata::{ResourceMetadata, check_loopback};
use crate::server::McpServer;

/// One document at the first of several addresses that has it.
#[derive(Debug)]
struct Search<R> {
    stage: Stage,
    policy: AddressPolicy,
    /// The request to each address that is left, and what reads the response.
    left: VecDeque<(Request<Vec<u8>>, R)>,
    tried: Vec<Tried>,
}

impl<R> Search<R> {
    fn next<T>(&self) -> Step<Result<T, McpError>> {
        match self.left.front() {
            Some((request, _)) => match self.policy.check(request.uri()) {
                Ok(()) => Step::Send(request.clone()),
                Err(error) => Step::Done(Err(McpError::Address(error))),
            },
            None => Step::Done(Err(McpError::NotFound { stage: self.stage, tried: self.tried.clone() })),
        }
    }

    /// The result, unless the document is not at this address. After a failure that another try can help, the address is
    /// still the next one.
    fn receive<T>(
        &mut self,
        answer: Result<Response<Vec<u8>>, TransportError>,
        read: impl FnOnce(&R, &Response<Vec<u8>>) -> Result<T, McpError>,
    ) -> Option<Result<T, McpError>> {
        let (request, reader) = self.left.front()?;
        let response = match answer {
            Ok(response) => response,
            Err(error) => return Some(Err(McpError::Transport { stage: self.stage, error })),
        };
        let result = read(reader, &response);
        if result.as_ref().is_err_and(McpError::is_elsewhere) {
            self.tried.push(Tried::new(&request.uri().to_string(), response.status().as_u16()));
            self.left.pop_front();
            return None;
        }
        if !result.as_ref().is_err_and(McpError::is_retryable) {
            self.left.clear();
        }
        Some(result)
    }
}

/// The metadata of the MCP server (RFC 9728 section 3, MCP "Protected Resource Metadata Discovery Requirements").
#[derive(Debug)]
pub(crate) struct ResourceSearch {
    server: McpServer,
    tolerates_parent: bool,
    search: Search<()>,
    result: Option<Result<ResourceMetadata, McpError>>,
}

impl ResourceSearch {
    /// Where the challenge says, and nowhere else; without such a word, at the well-known addresses.
    pub(crate) fn new(
        server: &McpServer,
        demand: &Demand,
        tolerates_parent: bool,
        policy: AddressPolicy,
    ) -> Result<Self, McpError> {
        let urls = match demand.metadata_url() {
            Some(url) => {
                McpServer::new(url).map_err(ResourceMetadataError::Url)?;
                check_loopback(server, url)?;
                vec![url.to_owned()]
            }
            None => server.metadata_urls(),
        };
        let request = |url: &String| {
            let request = Request::get(url).header(ACCEPT, "application/json").body(Vec::new());
            request.map(|request| (request, ())).map_err(|_| McpError::Unsendable { stage: Stage::Resource })
        };
        let left = urls.iter().map(request).collect::<Result<_, _>>()?;
        let search = Search { stage: Stage::Resource, policy, left, tried: Vec::new() };
        Ok(Self { server: server.clone(), tolerates_parent, search, result: None })
    }
}

impl Steps for ResourceSearch {
    type Output = ResourceMetadata;
    type Error = McpError;

    fn next(&mut self, _: SystemTime) -> Step<Result<ResourceMetadata, McpError>> {
        self.result.take().map_or_else(|| self.search.next(), Step::Done)
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, _: SystemTime) {
        let Self { server, tolerates_parent, search, .. } = self;
        self.result =
            search.receive(answer, |(), response| Ok(ResourceMetadata::read(server, response, *tolerates_parent)?));
    }
}

impl KeyFetches for ResourceSearch {}

/// The metadata of an authorization server (RFC 8414 section 3, OpenID Connect Discovery section 4, MCP "Authorization
/// Server Metadata Discovery").
#[derive(Debug)]
pub(crate) struct ServerSearch {
    search: Search<Discovery>,
    result: Option<Result<AuthorizationServer, McpError>>,
}

impl ServerSearch {
    pub(crate) fn new(issuer: &Issuer, compat: &Compat, policy: AddressPolicy) -> Result<Self, McpError> {
        let mut left: VecDeque<(Request<Vec<u8>>, Discovery)> = VecDeque::new();
        for path in [DiscoveryPath::OAuth, DiscoveryPath::OpenIdConnectInserted, DiscoveryPath::OpenIdConnect] {
            let asked = DiscoveryRequest::new(issuer.clone()).path(path).compat(compat.clone());
            let (request, discovery) = asked.build()?;
            // Without a path in the issuer, two of them are one.
            if left.iter().all(|(_, known)| known.url() != discovery.url()) {
                left.push_back((request, discovery));
            }
        }
        let search = Search { stage: Stage::Discovery, policy, left, tried: Vec::new() };
        Ok(Self { search, result: None })
    }
}

impl Steps for ServerSearch {
    type Output = AuthorizationServer;
    type Error = McpError;

    fn next(&mut self, _: SystemTime) -> Step<Result<AuthorizationServer, McpError>> {
        self.result.take().map_or_else(|| self.search.next(), Step::Done)
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, _: SystemTime) {
        self.result = self.search.receive(answer, |discovery, response| Ok(discovery.receive(response)?));
    }
}

impl KeyFetches for ServerSearch {}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(issuer: &str) -> Vec<String> {
        let issuer = Issuer::new(issuer).unwrap();
        let search = ServerSearch::new(&issuer, &Compat::strict(), AddressPolicy::any()).unwrap();
        search.search.left.iter().map(|(request, _)| request.uri().to_string()).collect()
    }

    #[test]
    fn mc_04_metadata_are_looked_for_in_this_order() {
        let with_path = [
            "https://as.example/.well-known/oauth-authorization-server/tenant1",
            "https://as.example/.well-known/openid-configuration/tenant1",
            "https://as.example/tenant1/.well-known/openid-configuration",
        ];
        assert_eq!(addresses("https://as.example/tenant1"), with_path);
        assert_eq!(addresses("https://as.example/tenant1/"), with_path);
        let without = [
            "https://as.example/.well-known/oauth-authorization-server",
            "https://as.example/.well-known/openid-configuration",
        ];
        assert_eq!(addresses("https://as.example"), without);
        assert_eq!(addresses("https://as.example/"), without);
    }
}
