//! Reads the body of a request, within limits.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chaos_core::Format;
use http::{HeaderMap, header};
use http_body::Body;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The largest body: as large as the largest file of experiments.
const MAX_BYTES: usize = 1 << 20;

/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads a whole body, unless it is too large or too slow.
pub(crate) async fn read<B>(body: B) -> Result<Bytes, Problem>
where
    B: Body<Data = Bytes> + Unpin,
{
    if body.size_hint().lower() > MAX_BYTES as u64 {
        return Err(too_large());
    }
    match tokio::time::timeout(PATIENCE, collect(body)).await {
        Ok(read) => read,
        Err(_) => Err(Problem::new(
            408,
            "slow body",
            format!("the body did not arrive within {PATIENCE:?}"),
        )),
    }
}

async fn collect<B>(mut body: B) -> Result<Bytes, Problem>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Problem::new(
                400,
                "broken body",
                "the body ended before its announced length, or is not encoded as announced",
            )
        })?;
        if let Ok(data) = frame.into_data() {
            if read.len() + data.len() > MAX_BYTES {
                return Err(too_large());
            }
            read.extend_from_slice(&data);
        }
    }
    Ok(read.freeze())
}

fn too_large() -> Problem {
    Problem::new(
        413,
        "large body",
        format!("expected at most {MAX_BYTES} bytes"),
    )
}

/// The types of documents that are read.
pub(crate) const DOCUMENTS: [(&str, Format); 3] = [
    ("application/json", Format::Json),
    ("application/yaml", Format::Yaml),
    ("application/toml", Format::Toml),
];

/// The text and format of a document.
pub(crate) fn document<'b>(
    headers: &HeaderMap,
    body: &'b Bytes,
) -> Result<(&'b str, Format), Problem> {
    let format = format_of(headers)?;
    let text = std::str::from_utf8(body).map_err(|error| {
        Problem::new(
            422,
            "invalid document",
            format!(
                "expected UTF-8, found other bytes after {} bytes",
                error.valid_up_to()
            ),
        )
    })?;
    Ok((text, format))
}

fn format_of(headers: &HeaderMap) -> Result<Format, Problem> {
    let mut given = headers.get_all(header::CONTENT_TYPE).iter();
    let only = given.next().filter(|_| given.next().is_none());
    let essence = only
        .and_then(|value| value.to_str().ok())
        .map(|value| value.split(';').next().unwrap_or_default().trim());
    let known = essence.and_then(|essence| {
        let mut known = DOCUMENTS.into_iter();
        known.find(|(name, _)| name.eq_ignore_ascii_case(essence))
    });
    known.map(|(_, format)| format).ok_or_else(|| {
        Problem::new(415, "unknown type", "expected the header `content-type` with application/json, application/yaml or application/toml")
    })
}

/// A value in JSON.
pub(crate) fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &Bytes) -> Result<T, Problem> {
    let (text, format) = document(headers, body)?;
    if format != Format::Json {
        let expected = "expected the header `content-type` with application/json";
        return Err(Problem::new(415, "unknown type", expected));
    }
    serde_json::from_str(text).map_err(|error| {
        Problem::new(422, "invalid document", error.to_string())
            .with("line", error.line())
            .with("column", error.column())
    })
}

/// Refuses a body where none is expected: one that says something would be ignored.
pub(crate) fn expect_none(body: &Bytes) -> Result<(), Problem> {
    if matches!(body.trim_ascii(), b"" | b"{}" | b"null") {
        return Ok(());
    }
    Err(Problem::new(415, "unexpected body", "expected no body"))
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use http::StatusCode;

    use super::*;

    fn typed(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
        headers
    }

    #[tokio::test]
    async fn a_body_of_the_limit_is_read_and_one_byte_more_is_refused() {
        let body = |bytes| Full::new(Bytes::from(vec![0; bytes]));
        assert_eq!(read(body(MAX_BYTES)).await.unwrap().len(), MAX_BYTES);
        let refused = read(body(MAX_BYTES + 1)).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[test]
    fn the_type_gives_the_format() {
        for (value, format) in [
            ("application/json; charset=utf-8", Format::Json),
            ("Application/YAML", Format::Yaml),
            ("application/toml", Format::Toml),
        ] {
            assert_eq!(format_of(&typed(value)).unwrap(), format, "{value}");
        }
        for other in [
            "text/plain",
            "multipart/form-data",
            "application/x-www-form-urlencoded",
        ] {
            let refused = format_of(&typed(other)).unwrap_err();
            assert_eq!(
                refused.status(),
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "{other}"
            );
        }
        assert!(format_of(&HeaderMap::new()).is_err());
    }
}
