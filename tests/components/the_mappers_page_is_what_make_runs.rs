//! The commands in `docs/mappers.md` are those that `make examples` runs, word for word.

use crate::text;

/// The lines of a page's shell blocks.
fn commands(page: &str) -> Vec<&str> {
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    blocks.flat_map(str::lines).collect()
}

/// The Makefile with its variables expanded and its long lines joined.
fn makefile() -> String {
    let mut text = text("Makefile").replace(" \\\n\t\t", " ");
    let variables: Vec<(String, String)> = text
        .lines()
        .filter_map(|line| line.split_once(" := "))
        .map(|(name, value)| (format!("$({name})"), value.to_owned()))
        .collect();
    // A variable may refer to others.
    for _ in 0..2 {
        for (name, value) in &variables {
            text = text.replace(name, value);
        }
    }
    text.replace("--requirement $<", "--requirement examples/python-mapper/requirements.txt")
        .replace("--prefix $* ", "--prefix examples/javascript-mapper ")
        .replace("--output $@", "--output target/components/examples/python-mapper.wasm")
}

#[test]
fn every_command_that_builds_a_mapper_is_in_the_makefile() {
    let (page, makefile) = (text("docs/mappers.md"), makefile());
    let builds = ["python3 ", "target/python/bin/", "mkdir ", "npm "];
    let commands = commands(&page);
    let building: Vec<_> =
        commands.iter().filter(|command| builds.iter().any(|program| command.starts_with(program))).collect();
    assert!(building.len() >= 7, "{commands:#?}");
    for command in building {
        assert!(makefile.lines().any(|line| line.trim() == *command), "make does not run `{command}`:\n{makefile}");
    }
    let rust = commands.iter().find(|command| command.ends_with(" examples/rust-mapper")).unwrap();
    let (program, component) = rust.rsplit_once(' ').unwrap();
    assert!(commands.contains(&&*format!("{program} ../my-mapper")), "{program}");
    assert!(makefile.lines().any(|line| line.trim() == program), "{program}");
    assert!(text("src/build/src/main.rs").contains(&format!("name: \"{component}\"")), "{component}");
}

#[test]
fn the_manifest_has_the_line_that_the_page_replaces() {
    let line = "\"tollbridge:mapper/mapper@0.1.0\" = { path = \"target/components/";
    for manifest in ["spin.toml", "spin-redis.toml"] {
        assert_eq!(text(manifest).lines().filter(|written| written.starts_with(line)).count(), 1, "{manifest}");
    }
    let beginning = "\"tollbridge:mapper/mapper@0.1.0\" = { path = ";
    assert!(text("docs/mappers.md").lines().any(|written| written.starts_with(beginning)));
}
