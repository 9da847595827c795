//! The elements of a page as values of Typst, in which no text can be taken for markup.

use scraper::node::Node;
use scraper::{ElementRef, Html};
use typst::foundations::{Array, Dict, IntoValue, Str, Value, dict};

use crate::drawing::Drawings;

/// The children of the root: a text is a string, and an element is a dictionary.
pub(crate) fn elements(page: &Html) -> Array {
    children(page.root_element(), &Drawings::of(page))
}

fn children(element: ElementRef<'_>, drawings: &Drawings) -> Array {
    let children = element.children().filter_map(|child| match child.value() {
        Node::Text(text) => shown(text).map(IntoValue::into_value),
        Node::Element(_) => ElementRef::wrap(child).map(|child| value(child, drawings)),
        _ => None,
    });
    children.collect()
}

fn value(element: ElementRef<'_>, drawings: &Drawings) -> Value {
    let classes = element.value().classes().map(Str::from);
    let classes: Array = classes.map(IntoValue::into_value).collect();
    let (tag, attributes) = (element.value().name(), attributes(element));
    let mut value = dict! { "tag" => tag, "classes" => classes, "attributes" => attributes };
    match tag {
        "svg" => value.insert("drawing".into(), drawings.draw(element).into_value()),
        _ => value.insert("children".into(), children(element, drawings).into_value()),
    }
    value.into_value()
}

fn attributes(element: ElementRef<'_>) -> Dict {
    let attributes = element.value().attrs();
    attributes
        .map(|(name, value)| (name.into(), value.into_value()))
        .collect()
}

/// A text much as a browser shows it: any white space is one space, and a line break between tags is nothing.
fn shown(text: &str) -> Option<String> {
    let is_space = |c: char| c.is_ascii_whitespace();
    if text.contains('\n') && text.chars().all(is_space) {
        return None;
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match is_space(c) {
            true if shown.ends_with(' ') => {}
            true => shown.push(' '),
            false => push(&mut shown, c),
        }
    }
    Some(shown)
}

/// Adds a character; the fonts lack the pictures of control characters, so `␛` is `^[`.
fn push(shown: &mut String, c: char) {
    let control = match c {
        '\u{2400}'..='\u{241f}' => char::from_u32(u32::from(c) - 0x2400 + u32::from('@')),
        '\u{2421}' => Some('?'),
        _ => None,
    };
    shown.extend(control.map(|_| '^'));
    shown.push(control.unwrap_or(c));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_one_space_and_none_between_tags() {
        assert_eq!(shown("a \n\t b\u{a0} "), Some("a b\u{a0} ".to_owned()));
        assert_eq!(shown(" "), Some(" ".to_owned()));
        assert_eq!(shown("\n"), None);
    }

    #[test]
    fn control_characters_are_letters_of_the_fonts() {
        assert_eq!(shown("a␛[2J␀␡"), Some("a^[[2J^@^?".to_owned()));
    }

    #[test]
    fn texts_are_strings_and_elements_are_dictionaries() {
        let page = Html::parse_document("<p class=\"b a\" id=\"s1\">#eval(<b>$x$</b>");
        let elements = format!("{:?}", elements(&page));
        let expected =
            r##""attributes": {"class": "b a", "id": "s1"}, "children": ["#eval(", {"tag": "b","##;
        assert!(elements.contains(expected), "{elements}");
        assert!(elements.contains(r#""children": ["$x$"]"#), "{elements}");
    }
}
