//! Nothing in a dependency tree changes what a run means.

/// Features come together over all packages of a build: none may switch off gas, or anything else that counts.
#[test]
fn no_feature_changes_a_run() {
    let manifest = include_str!("../Cargo.toml");
    let (_, features) = manifest.split_once("[features]\n").expect("a table of features");
    let features: Vec<&str> =
        features.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    assert_eq!(features, ["plain-loop"], "which decides how handlers are called, and nothing else");
    let sources = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
    let sources = sources.chain(std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/fast")).unwrap());
    for file in sources.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains("feature ="), "{} depends on a feature", file.display());
    }
}
