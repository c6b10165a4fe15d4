//! No table has an equation that holds modulo p alone: every constraint, look-up and field is shown to be one over the
//! integers, or stands in the list of `claims.rs` with its argument. `docs/soundness/ALIASING.md` is the list.
//!
//! After a change that is meant: `UPDATE_SNAPSHOTS=1 cargo test -p ember-gates --test aliasing`.

mod claims;
mod document;
mod specimens;

use std::collections::BTreeMap;
use std::sync::Mutex;

use claims::{CONTRACT, FIELD_ELEMENTS, LISTED};
use ember_gates::Model;
use ember_gates::alias::{Report, check, look_ups};

/// Reports on all tables, two at a time.
fn reports() -> Vec<Report> {
    let models = Model::all();
    let look_ups = look_ups(&models);
    let (waiting, done) = (Mutex::new(models.iter().enumerate()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((i, model)) = { waiting.lock().unwrap().next() } {
                    let report = check(model, &look_ups, &CONTRACT);
                    done.lock().unwrap().push((i, report));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, report)| report).collect()
}

#[test]
fn no_table_aliases() {
    let reports = reports();
    let mut found: BTreeMap<(String, String), (usize, String)> = BTreeMap::new();
    for finding in reports.iter().flat_map(|report| &report.findings) {
        let key = (finding.table.clone(), finding.columns.clone());
        found.entry(key).or_insert((0, finding.why.clone())).0 += 1;
    }
    let mut wrong = Vec::new();
    for listed in LISTED {
        match found.remove(&(listed.table.to_owned(), listed.columns.to_owned())) {
            None => wrong.push(format!("{}: [{}] is listed, and shown", listed.table, listed.columns)),
            Some((count, _)) if count != listed.count => {
                wrong.push(format!(
                    "{}: [{}] is {count} times, not {}",
                    listed.table, listed.columns, listed.count
                ));
            }
            Some(_) => {}
        }
    }
    for ((table, columns), (count, why)) in found {
        wrong.push(format!("{table}: [{columns}] is not shown, {count} times: {why}"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    document::compare(&reports);
}

/// Every field of a bus has a promise, or stands for a field element.
#[test]
fn every_field_has_a_meaning() {
    for message in Model::all().iter().flat_map(|model| &model.messages) {
        for field in 0..message.fields.len() {
            let promised = CONTRACT.promises.iter().any(|p| p.bus == message.bus && p.field == field);
            let element =
                FIELD_ELEMENTS.iter().any(|(bus, fields, _)| *bus == message.bus && fields.contains(&field));
            assert!(promised != element, "{}[{field}]", message.bus);
        }
    }
}
