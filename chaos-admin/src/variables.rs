//! The environment variables of the API.

use std::collections::BTreeMap;
use std::env;

use chaos_core::Role;

use crate::{Address, Admin, AdminError};

/// The variables with a value.
pub(crate) struct Variables(BTreeMap<String, String>);

impl Variables {
    pub(crate) fn of_process() -> Self {
        let all = env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self(all.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// Sets up the API as the variables say.
    pub(crate) fn apply(&self, mut admin: Admin) -> Result<Admin, AdminError> {
        let Some(addresses) = self.get("CHAOS_ADMIN") else {
            return Ok(admin);
        };
        for address in Address::parse_list(addresses)? {
            admin = admin.listen(address);
        }
        for (role, tokens, file) in [
            (
                Role::Viewer,
                "CHAOS_ADMIN_VIEWER_TOKENS",
                "CHAOS_ADMIN_VIEWER_TOKEN_FILE",
            ),
            (
                Role::Operator,
                "CHAOS_ADMIN_OPERATOR_TOKENS",
                "CHAOS_ADMIN_OPERATOR_TOKEN_FILE",
            ),
        ] {
            if let Some(list) = self.get(tokens) {
                admin = admin.tokens(role, list, tokens)?;
            }
            if let Some(path) = self.get(file) {
                let list =
                    std::fs::read_to_string(path).map_err(|source| AdminError::TokenFile {
                        variable: file,
                        path: path.to_owned(),
                        source,
                    })?;
                admin = admin.tokens(role, &list, path)?;
            }
        }
        for host in self
            .get("CHAOS_ADMIN_HOSTS")
            .into_iter()
            .flat_map(|hosts| hosts.split(','))
            .map(str::trim)
            .filter(|host| !host.is_empty())
        {
            admin = admin.host(host);
        }
        match self.get("CHAOS_ADMIN_AUDIT") {
            Some(path) => admin.audit_to(path),
            None => Ok(admin),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use chaos_core::ChaosManager;

    use super::*;

    fn applied(variables: &[(&str, &str)]) -> Result<Admin, AdminError> {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Variables(variables.collect()).apply(Admin::new(&ChaosManager::new()))
    }

    #[test]
    fn without_an_address_nothing_else_is_read() {
        let admin = applied(&[("CHAOS_ADMIN_VIEWER_TOKENS", "short")]).unwrap();
        assert!(!admin.has_tokens());
    }

    #[test]
    fn tokens_come_from_variables_and_files() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "anna:0123456789abcdef\n\nben:fedcba9876543210\n",
        )
        .unwrap();
        let path = file.path().to_str().unwrap();
        let admin = applied(&[
            ("CHAOS_ADMIN", "127.0.0.1:0"),
            ("CHAOS_ADMIN_OPERATOR_TOKEN_FILE", path),
        ]);
        assert!(admin.unwrap().has_tokens());
        let missing = applied(&[
            ("CHAOS_ADMIN", "127.0.0.1:0"),
            ("CHAOS_ADMIN_VIEWER_TOKEN_FILE", "/nowhere/tokens"),
        ]);
        let error = missing.unwrap_err().to_string();
        assert!(error.contains("/nowhere/tokens"), "{error}");
    }

    #[test]
    fn an_error_never_shows_a_token() {
        let refused = applied(&[
            ("CHAOS_ADMIN", "127.0.0.1:0"),
            (
                "CHAOS_ADMIN_VIEWER_TOKENS",
                "anna:0123456789abcdef,ben:secret",
            ),
        ]);
        let error = refused.unwrap_err().to_string();
        assert!(
            error.contains("entry 2") && !error.contains("secret"),
            "{error}"
        );
    }
}
