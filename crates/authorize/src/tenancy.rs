/// The tenants whose users may sign in at a server that signs for many tenants with one key set (Microsoft Entra).
///
/// The tenant is the `tid` of the ID token. Either it is in a list, compared byte for byte, or it is any organisation's.
/// There is no way to permit every tenant.
///
/// ```
/// use proofkey_authorize::Tenancy;
///
/// let ours = Tenancy::one("8eaef023-2b34-4da1-9baa-8bc8c9d6a490");
/// assert!(ours.permits("8eaef023-2b34-4da1-9baa-8bc8c9d6a490"));
/// assert!(!ours.permits("82229342-1101-4ab6-817b-70c0747630f3"));
/// assert!(!Tenancy::AnyOrganisation.permits(Tenancy::PERSONAL_ACCOUNTS));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tenancy {
    /// These tenants. Each is named by the GUID in lower case that `tid` holds, not by a domain name. An empty list
    /// permits no tenant. With [`PERSONAL_ACCOUNTS`](Self::PERSONAL_ACCOUNTS) in it, users with a personal account may
    /// sign in.
    Listed(Vec<String>),
    /// Any tenant but [`PERSONAL_ACCOUNTS`](Self::PERSONAL_ACCOUNTS). Anyone can create a tenant, so the application must
    /// still decide by the issuer of the identity whether the tenant is a customer.
    AnyOrganisation,
}

impl Tenancy {
    /// The tenant of all personal Microsoft accounts.
    pub const PERSONAL_ACCOUNTS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

    /// Permits one tenant.
    pub fn one(tenant: impl Into<String>) -> Self {
        Self::Listed(vec![tenant.into()])
    }

    /// Permits these tenants.
    pub fn of<T: Into<String>>(tenants: impl IntoIterator<Item = T>) -> Self {
        Self::Listed(tenants.into_iter().map(Into::into).collect())
    }

    /// Returns whether users of `tenant` may sign in. A text that is not a GUID in lower case is never permitted.
    pub fn permits(&self, tenant: &str) -> bool {
        let permitted = match self {
            Self::Listed(tenants) => tenants.iter().any(|own| own == tenant),
            Self::AnyOrganisation => tenant != Self::PERSONAL_ACCOUNTS,
        };
        permitted && is_guid(tenant)
    }
}

/// 8, 4, 4, 4 and 12 hexadecimal digits in lower case with hyphens between.
fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
    const B: &str = "82229342-1101-4ab6-817b-70c0747630f3";

    #[test]
    fn a_list_permits_its_own() {
        assert!(Tenancy::of([A, B]).permits(A) && Tenancy::of([A, B]).permits(B));
        assert!(Tenancy::one(A).permits(A) && !Tenancy::one(A).permits(B));
        assert!(!Tenancy::Listed(Vec::new()).permits(A));
        assert!(!Tenancy::one("contoso.example").permits("contoso.example"));
        assert!(Tenancy::one(Tenancy::PERSONAL_ACCOUNTS).permits(Tenancy::PERSONAL_ACCOUNTS));
    }

    #[test]
    fn any_organisation_is_not_any_account() {
        assert!(Tenancy::AnyOrganisation.permits(A));
        let upper = A.to_uppercase();
        let longer = format!("{A}0");
        for stranger in [Tenancy::PERSONAL_ACCOUNTS, "", "common", "{tenantid}", &upper, &longer, &A[1..], "../../.."] {
            assert!(!Tenancy::AnyOrganisation.permits(stranger), "{stranger}");
        }
        let hyphens = A.replace('-', "0");
        assert!(!Tenancy::AnyOrganisation.permits(&hyphens));
    }
}
