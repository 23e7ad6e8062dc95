//! Metadata files: one element with children, indented as Salesforce's own tools do.

use crate::project::MARK;

/// An element's name, and what it holds.
pub(crate) struct Element {
    name: &'static str,
    content: Content,
}

enum Content {
    Text(String),
    Children(Vec<Element>),
}

/// An element with text.
pub(crate) fn text(name: &'static str, text: impl ToString) -> Element {
    Element { name, content: Content::Text(text.to_string()) }
}

/// An element with children.
pub(crate) fn parent(name: &'static str, children: Vec<Element>) -> Element {
    Element { name, content: Content::Children(children) }
}

/// The file whose root element has this metadata type. As in Salesforce's own files, `fullName` is first, and
/// the others are ordered by their names.
pub(crate) fn file(metadata_type: &str, children: Vec<Element>) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{metadata_type} xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    {MARK}\n"
    );
    write(children, 1, &mut xml);
    xml.push_str(&format!("</{metadata_type}>\n"));
    xml
}

fn write(mut elements: Vec<Element>, depth: usize, xml: &mut String) {
    elements.sort_by_key(|element| (element.name != "fullName", element.name));
    let indent = "    ".repeat(depth);
    for Element { name, content } in elements {
        match content {
            Content::Text(text) => xml.push_str(&format!("{indent}<{name}>{}</{name}>\n", escaped(&text))),
            Content::Children(children) => {
                xml.push_str(&format!("{indent}<{name}>\n"));
                write(children, depth.saturating_add(1), xml);
                xml.push_str(&format!("{indent}</{name}>\n"));
            }
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_ordered_and_escaped() {
        let xml = file("T", vec![text("b", "1 < 2 & 3"), parent("a", vec![text("c", true)])]);
        assert!(
            xml.ends_with("metadata\">\n    <!-- Written by `make salesforce` -->\n    <a>\n        <c>true</c>\n    </a>\n    <b>1 &lt; 2 &amp; 3</b>\n</T>\n"),
            "{xml}"
        );
    }
}
