//! `tollbridge component check` for components that a manifest can name, and for others.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests may panic as tests do")]

use std::path::{Path, PathBuf};
use std::process::Command;

use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

const MAPPER: &str = "tollbridge:mapper/mapper@0.1.0";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The program's output.
struct ProgramOutput {
    fits: bool,
    found: String,
    problems: Vec<String>,
}

impl ProgramOutput {
    /// Asserts that this is the only problem.
    #[track_caller]
    fn only(&self, problem: &str) {
        assert!(!self.fits, "{}", self.found);
        let [said, count] = self.problems.as_slice() else { panic!("{:#?}", self.problems) };
        assert_eq!(said, problem);
        assert_eq!(count, "1 problem");
    }
}

fn check(file: &Path, more: &[&str]) -> ProgramOutput {
    let output = Command::new(env!("CARGO_BIN_EXE_tollbridge"))
        .args(["component", "check"])
        .arg(file)
        .args(more)
        .output()
        .unwrap();
    let prefix = format!("{}: ", file.display());
    let errors = String::from_utf8(output.stderr).unwrap();
    ProgramOutput {
        fits: output.status.success(),
        found: String::from_utf8(output.stdout).unwrap(),
        problems: errors.lines().map(|line| line.strip_prefix(&prefix).unwrap_or(line).to_owned()).collect(),
    }
}

fn built(name: &str) -> PathBuf {
    let path = root().join(format!("target/components/{name}.wasm"));
    assert!(path.exists(), "{} is missing: run `make components` and `make examples`", path.display());
    path
}

/// The output for a file with this content.
fn check_bytes(bytes: &[u8], more: &[&str]) -> ProgramOutput {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("made.wasm");
    std::fs::write(&file, bytes).unwrap();
    check(&file, more)
}

/// The files of the public packages, each after those that it uses.
const PUBLIC: [&str; 4] = ["deps/types.wit", "deps/mapper.wit", "deps/provider.wit", "worlds.wit"];

/// The public packages, with an edit applied to each text.
fn public(edit: impl Fn(&str) -> String) -> Resolve {
    let mut resolve = Resolve::default();
    for file in PUBLIC {
        let text = std::fs::read_to_string(root().join("wit").join(file)).unwrap();
        resolve.push_str(file, &edit(&text)).unwrap();
    }
    resolve
}

/// A component of the world `it` in this package, added to the public ones; its functions trap.
fn component(mut resolve: Resolve, wit: &str) -> Vec<u8> {
    let package = resolve.push_str("it.wit", wit).unwrap();
    let world = resolve.select_world(&[package], Some("it")).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

/// A component of the public world `record-mapper`.
fn made() -> Vec<u8> {
    component(public(str::to_owned), "package it:it; world it { include tollbridge:worlds/record-mapper@0.1.0; }")
}

/// A component of the public world `record-mapper`, changed.
fn mapper(from: &str, to: &str) -> Vec<u8> {
    let found = std::cell::Cell::new(false);
    let resolve = public(|text| {
        found.set(found.get() || text.contains(from));
        text.replace(from, to)
    });
    assert!(found.get(), "the public packages have {from}");
    let version = if to.starts_with('@') { to } else { "@0.1.0" };
    component(resolve, &format!("package it:it; world it {{ include tollbridge:worlds/record-mapper{version}; }}"))
}

#[test]
fn the_shipped_components_match_their_worlds() {
    for (name, world, interface) in [
        ("records", "record-mapper", "tollbridge:mapper/mapper@0.1.0: records, check, describe"),
        ("rules", "record-mapper", "tollbridge:mapper/mapper@0.1.0: records, check, describe"),
        (
            "maldopay",
            "payment-provider",
            "tollbridge:provider/provider@0.1.0: verify, decode, identify, encode, interpret, details",
        ),
    ] {
        let file = built(name);
        let said = check(&file, &[]);
        assert!(said.fits, "{name}: {:#?}", said.problems);
        let size = std::fs::metadata(&file).unwrap().len();
        for line in [
            format!("world     {world}\n"),
            format!("size      {size} bytes\n"),
            "imports   nothing\n".to_owned(),
            format!("{interface}\n"),
        ] {
            assert!(said.found.contains(&line), "{name}: {line}: {}", said.found);
        }
        assert!(!said.found.contains("besides"), "{}", said.found);
    }
    let said = check(&built("records"), &[]);
    let line = format!("\"{MAPPER}\" = {{ path = {:?} }}", built("records"));
    assert!(said.found.contains(&line), "the line of spin.toml: {}", said.found);
}

#[test]
fn the_examples_in_every_language_match_their_world() {
    for language in ["rust", "python", "javascript"] {
        let said = check(&built(&format!("examples/{language}-mapper")), &[]);
        assert!(said.fits, "{language}: {:#?}", said.problems);
        assert!(said.found.contains("imports   nothing\n"), "{language}: {}", said.found);
    }
}

#[test]
fn a_component_of_another_world_is_refused() {
    let said = check(&built("maldopay"), &["--world", "record-mapper"]);
    said.only(&format!("it does not export {MAPPER}"));
    let world = "package wasi:http@0.2.3; interface incoming-handler { handle: func(); }";
    let mut resolve = public(str::to_owned);
    resolve.push_str("http.wit", world).unwrap();
    let said =
        check_bytes(&component(resolve, "package it:it; world it { export wasi:http/incoming-handler@0.2.3; }"), &[]);
    said.only(
        "it exports neither tollbridge:mapper/mapper (for a record-mapper) nor tollbridge:provider/provider (for a \
         payment-provider)",
    );
}

#[test]
fn the_gateway_is_the_component_that_the_others_are_plugged_into() {
    for gateway in ["gateway", "gateway-redis"] {
        let said = check(&built(gateway), &[]);
        assert!(said.fits, "{gateway}: {:#?}", said.problems);
        assert_eq!(said.problems, [""; 0]);
        let source = format!("\nsource = {:?}\n", built(gateway));
        for line in ["world     gateway\n", "tollbridge:document-mapper/mapper@0.1.0\n", &source] {
            assert!(said.found.contains(line), "{gateway}: {line}: {}", said.found);
        }
    }
    let mut resolve = public(str::to_owned);
    let http = "package wasi:http@0.2.3; interface incoming-handler { handle: func(); }";
    resolve.push_str("http.wit", http).unwrap();
    let files = "package ours:files@1.0.0; interface files { read: func(); }";
    resolve.push_str("files.wit", files).unwrap();
    let world = "package it:it; world it {
        import tollbridge:mapper/mapper@0.1.0;
        import ours:files/files@1.0.0;
        export wasi:http/incoming-handler@0.2.3;
    }";
    check_bytes(&component(resolve, world), &[])
        .only("it imports ours:files/files@1.0.0, which neither Spin nor a dependency of the manifest supplies");
}

/// Of a mapper nobody sees whether it reads documents; the line of the rules component is that of the manifest.
#[test]
fn each_shipped_component_gets_the_line_that_the_manifest_has() {
    let manifest = std::fs::read_to_string(root().join("spin.toml")).unwrap();
    for name in ["records", "rules", "maldopay", "gateway"] {
        let path = format!("target/components/{name}.wasm");
        let line = manifest.lines().find(|line| line.contains(&path)).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_tollbridge"))
            .args(["component", "check", &path])
            .current_dir(root())
            .output()
            .unwrap();
        let found = String::from_utf8(output.stdout).unwrap();
        assert!(found.lines().any(|printed| printed == line), "{name}: {line}: {found}");
    }
    // Without a manifest in the present folder, a relative path would be read from the wrong one.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.wasm"), made()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_tollbridge"))
        .args(["component", "check", "mine.wasm"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let line = format!("\"{MAPPER}\" = {{ path = {:?} }}", folder.path().canonicalize().unwrap().join("mine.wasm"));
    let found = String::from_utf8(output.stdout).unwrap();
    assert!(found.lines().any(|printed| printed == line), "{line}: {found}");
}

#[test]
fn a_generated_mapper_matches_its_world() {
    let said = check_bytes(&made(), &[]);
    assert!(said.fits, "{:#?}", said.problems);
    let wit = "package it:it; world it { include tollbridge:worlds/record-mapper@0.1.0; export extra: func(); }";
    let said = check_bytes(&component(public(str::to_owned), wit), &[]);
    assert!(said.fits, "an unused export does no harm: {:#?}", said.problems);
    assert!(said.found.contains("besides   extra, which nobody calls\n"), "{}", said.found);
}

#[test]
fn a_file_that_is_not_a_component_is_identified() {
    check_bytes(b"\0asm\x01\0\0\0", &[])
        .only("it is a core module, not a component: encode it for its world, as `wasm-tools component new` does");
    assert_eq!(check_bytes(b"\0asm\x01\0\0\0", &[]).found, "", "nothing is said of what it imports");
    check_bytes(b"[package]\nname = \"mapper\"", &[]).only("it is not WebAssembly");
    check_bytes(b"", &[]).only("it is not WebAssembly");
    let whole = made();
    let said = check_bytes(&whole[..whole.len() / 2], &[]);
    assert!(!said.fits && said.problems[0].starts_with("it is damaged: "), "{:#?}", said.problems);
    let mut resolve = public(str::to_owned);
    let package = resolve.push_str("it.wit", "package it:it; interface empty {}").unwrap();
    let package = wit_component::encode(&resolve, package).unwrap();
    check_bytes(&package, &[]).only("it is a WIT package in binary form, not a component");
}

#[test]
fn every_import_is_named_with_advice() {
    let mut resolve = public(str::to_owned);
    let network = "package wasi:http@0.2.3; interface outgoing-handler { handle: func(url: string) -> u32; }";
    resolve.push_str("http.wit", network).unwrap();
    let sockets = "package wasi:sockets@0.2.3; interface tcp { connect: func(host: string) -> u32; }";
    resolve.push_str("sockets.wit", sockets).unwrap();
    let world = "package it:it; world it {
        import wasi:http/outgoing-handler@0.2.3;
        import wasi:sockets/tcp@0.2.3;
        import secret: func() -> string;
        include tollbridge:worlds/record-mapper@0.1.0;
    }";
    let said = check_bytes(&component(resolve, world), &[]);
    assert!(!said.fits);
    let nothing = "and a mapper may import nothing:";
    let leave = "build it without WASI, so that nothing of a payment can leave it";
    assert_eq!(
        said.problems,
        [
            format!("it imports wasi:http/outgoing-handler@0.2.3, {nothing} {leave}"),
            format!("it imports wasi:sockets/tcp@0.2.3, {nothing} {leave}"),
            format!("it imports secret, {nothing} no component supplies it"),
            "3 problems".to_owned(),
        ]
    );
    assert!(said.found.contains("imports   wasi:http/outgoing-handler@0.2.3\n"), "{}", said.found);
}

#[test]
fn another_version_is_named() {
    let said = check_bytes(&mapper("@0.1.0", "@0.2.0"), &[]);
    assert!(!said.fits);
    for interface in ["tollbridge:types/types", "tollbridge:mapper/mapper"] {
        let problem = format!(
            "it exports {interface}@0.2.0, and the gateway calls {interface}@0.1.0: build it with that version"
        );
        assert!(said.problems.contains(&problem), "{:#?}", said.problems);
    }
}

/// A component with this interface and the types, both in the package that once contained every interface.
fn of_the_former_package(interface: &str) -> Vec<u8> {
    let wit = format!(
        "package tollbridge:connector@0.1.0;
        interface types {{ record site {{ name: string }} }}
        interface {interface} {{ use types.{{site}}; check: func(site: site) -> string; }}
        world it {{ export types; export {interface}; }}"
    );
    component(Resolve::default(), &wit)
}

#[test]
fn the_former_package_is_named_with_the_world_to_build_for() {
    for (interface, world) in [("mapper", "record-mapper"), ("provider", "payment-provider")] {
        let said = check_bytes(&of_the_former_package(interface), &[]);
        assert!(!said.fits);
        assert!(said.found.contains(&format!("world     {world}\n")), "{}", said.found);
        let problem = |interface: &str| {
            format!(
                "it exports tollbridge:connector/{interface}@0.1.0, which is now \
                 tollbridge:{interface}/{interface}@0.1.0: build it for the world tollbridge:worlds/{world}@0.1.0 of \
                 the present wit/"
            )
        };
        assert_eq!(said.problems, [problem("types"), problem(interface), "2 problems".to_owned()]);
    }
    let mut resolve = Resolve::default();
    resolve
        .push_str("former.wit", "package tollbridge:connector@0.1.0; interface types { record name { name: string } }")
        .unwrap();
    let wit = "package it:it;
        interface other { use tollbridge:connector/types@0.1.0.{name}; other: func() -> name; }
        world it { export other; }";
    let said = check_bytes(&component(resolve, wit), &[]);
    assert!(
        said.problems[0].ends_with("build it for the public world, which exports its types"),
        "{:#?}",
        said.problems
    );
}

#[test]
fn a_difference_in_a_function_is_located() {
    for (from, to, problem) in [
        (
            "check: func(document: string)",
            "check: func(text: string)",
            "check: it takes (text) where the world has (document)",
        ),
        (
            "describe: func() -> description",
            "describe: func()",
            "describe: the result: it has none where the world has the record description",
        ),
        ("describe: func()", "describe-it: func()", "it does not export the function describe"),
        (
            "minor-units: s64",
            "minor-units: f64",
            "records: parameter payment: amount: minor-units: it is f64 where the world has s64",
        ),
        ("    superseded: bool,\n", "", "records: parameter payment: the field superseded is missing"),
        (
            "    superseded: bool,\n",
            "    superseded: bool,\n    extra: u8,\n",
            "records: parameter payment: the world has no field extra",
        ),
        ("    insert-once,\n", "", "records: the result: mode: the case insert-once is missing"),
        ("    id(string),\n", "    id(u64),\n", "records: the result: key: id: it is u64 where the world has string"),
        (
            "    missing(string),\n    /// A field",
            "    missing,\n    /// A field",
            "records: the result, its error: missing: it has none where the world has string",
        ),
        (
            "attempt: u32",
            "attempt: option<u32>",
            "records: parameter payment: attempt: it is option<u32> where the world has u32",
        ),
    ] {
        check_bytes(&mapper(from, to), &[]).only(&format!("{MAPPER}: {problem}"));
    }
}
