//! Proves that `reqwest::client` works over TLS, with HTTP/2 by ALPN, and without a default provider of cryptography.
