//! The drawings of a page as images that need no page.

use chaos_page::Markup;
use kurbo::{Affine, BezPath, PathEl, Point};
use scraper::node::Node;
use scraper::{ElementRef, Html, Selector};
use typst::foundations::{Bytes, Dict, dict};

use crate::style::Rules;

/// The width of plots that have their name and their figures at their sides.
const BESIDE_FIGURES: f64 = 430.0;
/// The width of plots in cells.
const IN_A_TABLE: f64 = 100.0;

/// The classes within the shapes of marks.
const OF_MARKS: [&str; 3] = ["solid", "ring", "dash"];

/// What the drawings of a page have in common.
pub(crate) struct Drawings {
    rules: Rules,
    /// The shapes of the marks.
    shapes: Markup,
}

impl Drawings {
    pub(crate) fn of(page: &Html) -> Self {
        let shapes = Selector::parse("svg.shapes > symbol").expect("the selector is one");
        let mut out = Markup::default();
        for shape in page.select(&shapes) {
            write(&mut out, shape, 1.0);
        }
        Self {
            rules: Rules::of_stylesheet(),
            shapes: out,
        }
    }

    /// Returns an image in SVG, with its size in pixels.
    pub(crate) fn draw(&self, svg: ElementRef<'_>) -> Dict {
        let [width, height] = size(svg);
        let stretch = view_box(svg).map_or(1.0, |[drawn, _]| width / drawn);
        let mut out = Markup::default();
        out.put(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\"",
            &[&width, &height, &width, &height],
        );
        // Some rules are about drawings in cells, and the image has no cell around it.
        let parent = svg.parent().and_then(ElementRef::wrap);
        let places = parent.iter().chain([&svg]);
        let places: Vec<&str> = places.filter_map(|place| place.attr("class")).collect();
        out.put(
            " class=\"{}\"><style>{}</style>",
            &[&places.join(" "), &self.style(svg)],
        );
        if svg.value().classes().any(|class| class == "mark") {
            out.append(&self.shapes);
        }
        svg.child_elements()
            .for_each(|child| write(&mut out, child, stretch));
        out.put("</svg>", &[]);
        let image = Bytes::from_string(out.as_str().to_owned());
        dict! { "image" => image, "width" => width, "height" => height }
    }

    fn style(&self, svg: ElementRef<'_>) -> String {
        let elements = svg.descendants().filter_map(ElementRef::wrap);
        let classes = elements.flat_map(|element| element.value().classes().collect::<Vec<_>>());
        let classes: Vec<&str> = classes.chain(OF_MARKS).collect();
        self.rules.naming(&classes)
    }
}

/// The size of a drawing in its place on paper, in pixels.
fn size(svg: ElementRef<'_>) -> [f64; 2] {
    let view = view_box(svg);
    match (svg.attr("class").unwrap_or_default(), view) {
        ("stages", _) => [BESIDE_FIGURES, 16.0],
        ("share", _) => [IN_A_TABLE, 14.0],
        // Those in tables are less high.
        ("strip", Some([_, height])) if height > 50.0 => [BESIDE_FIGURES, height],
        (_, Some([_, height])) => [IN_A_TABLE, height],
        (_, None) => [16.0, 16.0],
    }
}

/// The width and the height of the view, in the units of the drawing.
fn view_box(svg: ElementRef<'_>) -> Option<[f64; 2]> {
    let numbers = svg.attr("viewBox")?.split(' ');
    let numbers: Vec<f64> = numbers.filter_map(|number| number.parse().ok()).collect();
    match numbers[..] {
        [_, _, width, height] if width > 0.0 => Some([width, height]),
        _ => None,
    }
}

/// Writes an element, with its paths stretched to a width: if a viewer stretched them, their lines would be as well.
fn write(out: &mut Markup, element: ElementRef<'_>, stretch: f64) {
    let name = element.value().name();
    out.put("<{}", &[&name]);
    for (key, value) in element.value().attrs() {
        match (key == "d").then(|| BezPath::from_svg(value)) {
            Some(Ok(path)) => out.put(" d=\"{}\"", &[&stretched(path, stretch).to_svg()]),
            _ => out.put(" {}=\"{}\"", &[&key, &value]),
        }
    }
    if name == "rect" {
        // Stylesheets give it one in browsers alone.
        out.put(" height=\"13\"", &[]);
    }
    out.put(">", &[]);
    for child in element.children() {
        match (child.value(), ElementRef::wrap(child)) {
            (Node::Text(text), _) => out.put("{}", &[&&**text]),
            (_, Some(child)) => write(out, child, stretch),
            _ => {}
        }
    }
    out.put("</{}>", &[&name]);
}

fn stretched(mut path: BezPath, stretch: f64) -> BezPath {
    path.apply_affine(Affine::scale_non_uniform(stretch, 1.0));
    let mut at = Point::ZERO;
    for element in path.elements_mut() {
        // A line of no length is a dot, which the typesetter leaves out.
        if let PathEl::LineTo(to) = element
            && *to == at
        {
            to.x += 0.01;
        }
        at = element.end_point().unwrap_or(at);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_stretched_and_dots_are_lines() {
        let path = |html| {
            let page = Html::parse_fragment(html);
            let element = page.root_element().descendent_elements().last().unwrap();
            let mut out = Markup::default();
            write(&mut out, element, 0.5);
            out.as_str().to_owned()
        };
        assert_eq!(
            path("<svg><path d=\"M10 0v5m4 1h0\"></svg>"),
            "<path d=\"M5,0 L5,5 M7,6 L7.01,6\"></path>"
        );
    }
}
