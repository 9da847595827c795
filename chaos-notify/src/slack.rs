//! The payload of messages in the form of Slack, which Mattermost and others read as well.

use serde_json::{Value, json};

use crate::message::Message;

/// The longest text of a block; Slack refuses one of more than 3000 characters.
const LONGEST: usize = 2_900;

/// The payload of a message: a text, for those that show no blocks, and the same in blocks.
pub(crate) fn payload(message: &Message) -> Value {
    let title = escaped(&message.title, LONGEST / 4);
    let facts = escaped(&message.lines(), LONGEST - title.len());
    let text = format!("*{title}*\n{facts}");
    let (id, time) = (&message.id, message.time);
    let about = escaped(&format!("{time:.0} {id}"), LONGEST);
    json!({
        "text": text,
        "blocks": [
            { "type": "section", "text": { "type": "mrkdwn", "text": text } },
            { "type": "context", "elements": [{ "type": "mrkdwn", "text": about }] },
        ],
    })
}

/// A text without links, mentions and commands, cut where it is too long.
fn escaped(text: &str, longest: usize) -> String {
    let mut escaped = String::new();
    for char in text.chars() {
        let before = escaped.len();
        match char {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            // Mattermost would notify a whole channel of `@here`.
            '@' => escaped += "@\u{200b}",
            other => escaped.push(other),
        }
        if escaped.len() > longest {
            escaped.truncate(before);
            escaped.push('…');
            break;
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Occasion;

    #[test]
    fn a_name_neither_mentions_nor_links() {
        let message = Message::new(Occasion::Start, "<!channel> & <https://evil|here>");
        let payload = payload(&message.fact("experiments", "<@U1>"));
        let text = "*&lt;!channel&gt; &amp; &lt;https://evil|here&gt;*\nexperiments: &lt;@\u{200b}U1&gt;\n";
        assert_eq!(payload["text"], text);
        assert_eq!(payload["blocks"][0]["text"]["text"], text);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let message = Message::new(Occasion::Start, &"<".repeat(5_000));
        let payload = payload(&message.fact("a", "ä".repeat(5_000)));
        let text = payload["text"].as_str().unwrap();
        assert!(text.chars().count() <= 3_000, "{}", text.len());
        assert!(text.contains("&lt;…*\n"), "{text}");
        assert!(text.ends_with("ä…"), "{text}");
    }

    #[test]
    fn the_id_is_shown() {
        let message = Message::new(Occasion::End, "");
        let about = payload(&message)["blocks"][1]["elements"][0]["text"].clone();
        assert!(about.as_str().unwrap().ends_with(&message.id), "{about}");
    }
}
