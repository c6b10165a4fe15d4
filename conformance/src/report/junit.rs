//! JUnit XML, as continuous integration services read it.

use std::fmt::Write;

use super::Report;
use crate::outcome::Outcome;
use crate::runner::TestResult;

impl Report {
    /// JUnit XML: one `testsuite` a row. An unexpected outcome is a `failure`; an expected one that is no pass is
    /// a passed test with its outcome as output, or `skipped` where it was not run.
    pub fn junit(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let total = self.counts();
        let _ = writeln!(
            out,
            "<testsuites name=\"ember-conformance {}\" tests=\"{}\" failures=\"{}\" time=\"{:.3}\">",
            self.mode,
            total.total(),
            total.unexpected,
            self.seconds
        );
        for ((suite, extension), counts) in self.rows() {
            let results: Vec<&TestResult> =
                self.results.iter().filter(|r| r.suite == suite && r.extension == extension).collect();
            let skipped = results.iter().filter(|r| is_skipped(r)).count();
            let time: f64 = results.iter().map(|r| r.seconds).sum();
            let name = escape(&format!("{suite}.{extension}"));
            let _ = writeln!(
                out,
                "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" skipped=\"{skipped}\" time=\"{time:.3}\">",
                counts.total(),
                counts.unexpected,
            );
            results.iter().for_each(|r| test_case(&mut out, &name, r));
            out.push_str("  </testsuite>\n");
        }
        out.push_str("</testsuites>\n");
        out
    }
}

fn is_skipped(r: &TestResult) -> bool {
    r.expected && matches!(r.outcome, Outcome::Unsupported { .. })
}

fn test_case(out: &mut String, class: &str, r: &TestResult) {
    let _ = write!(
        out,
        "    <testcase classname=\"{class}\" name=\"{}\" time=\"{:.3}\"",
        escape(&r.name),
        r.seconds
    );
    let text = escape(&r.outcome.to_string());
    let _ = if !r.expected {
        writeln!(out, "><failure type=\"{}\" message=\"{text}\"/></testcase>", r.outcome.kind_name())
    } else if is_skipped(r) {
        writeln!(out, "><skipped message=\"{text}\"/></testcase>")
    } else if r.outcome != Outcome::Pass {
        let reason = escape(r.reason.as_deref().unwrap_or(""));
        writeln!(out, "><system-out>expected: {text}: {reason}</system-out></testcase>")
    } else {
        writeln!(out, "/>")
    };
}

/// Escapes text for an attribute or element; what XML cannot say at all becomes a question mark.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            c => out.push(c),
        }
    }
    out
}
