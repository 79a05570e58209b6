//! Settings from a TOML file, and back: every key with what it means, its default and where that comes from.
//!
//! ```
//! use idenfy_preflight::options::file;
//!
//! let options = file::parse("sensitivity = \"high\"\n[service]\nmax_image_base64 = 6_000_000", None)?;
//! assert_eq!((options.thresholds.legible, options.service.max_image_base64), (0.8, Some(6_000_000)));
//!
//! let wrong = file::parse("[thresholds]\nglrae = 0.02", None).unwrap_err();
//! assert_eq!(wrong.to_string(), "line 2: there is no key `glrae` in [thresholds]; did you mean `glare`?");
//! # Ok::<(), idenfy_preflight::options::file::ConfigError>(())
//! ```

use super::{Levels, Limits, Options, Sensitivity, Service, Thresholds};
use crate::rules::Rule;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt::Write;
use toml::de::{DeTable, DeValue};

/// What is wrong with a file of settings.
///
/// ```
/// use idenfy_preflight::options::file;
/// let error = file::parse("[thresholds]\nglaer = 0.02\n", None).unwrap_err();
/// assert_eq!(error.line, 2);
/// assert!(error.what.contains("glare"), "{error}"); // the one that was probably meant
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct ConfigError {
    /// The line, counted from 1.
    pub line: usize,
    /// What was seen there, and what was needed.
    pub what: String,
}

/// The tables of a file, and what their keys mean. Of `levels` the keys are the rules.
const TABLES: [(&str, &str, Keys); 3] = [
    ("limits", "What protects this program from its input.", Limits::KEYS),
    ("service", "What the API takes.", Service::KEYS),
    ("thresholds", "Quality cut-offs.", Thresholds::KEYS),
];
type Keys = &'static [(&'static str, &'static [&'static str])];

/// The keys that stand before the first table.
const TOP: Keys = &[
    (
        "sensitivity",
        &[" How readily a picture is called bad: \"low\", \"medium\" or \"high\". Sets legible, doubtful, surely_legible and
 glare where [thresholds] does not give them. Default: \"medium\"; testdata/CALIBRATION.md has the rates of each."],
    ),
    ("convert", &[" Whether HEIC, WebP, TIFF, BMP and GIF are turned into JPEG. Default: false."]),
];

/// A whole file.
#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    sensitivity: Option<Sensitivity>,
    convert: bool,
    limits: Limits,
    service: Service,
    thresholds: Thresholds,
    levels: Levels,
}

/// Reads settings; what is not given keeps its default. `sensitivity` stands above the file's own.
///
/// # Errors
/// [`ConfigError`] for what is no TOML, a key that does not exist, and a value that a key cannot have.
///
/// ```
/// use idenfy_preflight::{options::{Sensitivity, file}, rules::{Level, Rule}};
/// let options = file::parse("sensitivity = \"low\"\n[levels]\nglare = \"warn\"\n", None)?;
/// let high = file::parse("sensitivity = \"low\"", Some(Sensitivity::High))?;
/// assert!(options.thresholds.legible < high.thresholds.legible);
/// # Ok::<(), idenfy_preflight::options::file::ConfigError>(())
/// ```
pub fn parse(text: &str, sensitivity: Option<Sensitivity>) -> Result<Options, ConfigError> {
    let wrong = |e: toml::de::Error| {
        let at = e.span().map_or(0, |span| span.start);
        let line = text.get(..at).unwrap_or(text).matches('\n').count();
        let shown = text.lines().nth(line).unwrap_or_default().trim();
        ConfigError { line: line + 1, what: format!("`{shown}`: {}", e.message().lines().next().unwrap_or_default()) }
    };
    let parsed = DeTable::parse(text).map_err(wrong)?;
    let table = parsed.get_ref();
    unknown_keys(text, table)?;
    let file: File = toml::from_str(text).map_err(wrong)?;
    let base = sensitivity.or(file.sensitivity).unwrap_or_default();
    let given = table.get("thresholds").and_then(|t| t.get_ref().as_table());
    let mut options = Options { convert: file.convert, ..Options::default() };
    options.thresholds =
        overlay(&Thresholds::new(base), file.thresholds, |key| given.is_some_and(|t| t.contains_key(key)));
    (options.limits, options.service, options.levels) = (file.limits, file.service, file.levels);
    in_range(text, table, &options)?;
    Ok(options)
}

/// `base` with those values of `over` that were given.
fn overlay(base: &Thresholds, over: Thresholds, given: impl Fn(&str) -> bool) -> Thresholds {
    let mut merged = values(base);
    merged.extend(values(&over).into_iter().filter(|(key, _)| given(key)));
    serde_json::from_value(Value::Object(merged)).unwrap_or(over)
}

/// A struct's fields as JSON has them: the shortest decimals that give the same number again.
fn values(of: &impl serde::Serialize) -> Map<String, Value> {
    serde_json::to_string(of).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Refuses keys that do not exist.
fn unknown_keys(text: &str, table: &DeTable<'_>) -> Result<(), ConfigError> {
    let names = |keys: Keys| keys.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let tables = TABLES.iter().map(|(name, ..)| *name).chain(["levels"]);
    known(text, table, "", &names(TOP).into_iter().chain(tables).collect::<Vec<_>>())?;
    for (name, value) in table {
        let DeValue::Table(inner) = value.get_ref() else { continue };
        let keys = match TABLES.iter().find(|(table, ..)| table == name.get_ref()) {
            Some((_, _, keys)) => names(keys),
            None => Rule::ALL.iter().map(|r| r.id()).chain(["all"]).collect(),
        };
        known(text, inner, &format!(" in [{}]", name.get_ref()), &keys)?;
    }
    Ok(())
}

fn known(text: &str, table: &DeTable<'_>, place: &str, keys: &[&str]) -> Result<(), ConfigError> {
    let Some(key) = table.keys().find(|key| !keys.contains(&&**key.get_ref())) else { return Ok(()) };
    let given = key.get_ref();
    let near = keys.iter().map(|k| (strsim::jaro_winkler(k, given), k)).max_by(|a, b| a.0.total_cmp(&b.0));
    let what = match near.filter(|(similar, _)| *similar > 0.75) {
        Some((_, near)) => format!("there is no key `{given}`{place}; did you mean `{near}`?"),
        None => format!("there is no key `{given}`{place}; there are {}", keys.join(", ")),
    };
    Err(ConfigError { line: line_of(text, key.span().start), what })
}

/// Refuses numbers that would silently let everything through: none at all, infinite or negative ones.
fn in_range(text: &str, table: &DeTable<'_>, options: &Options) -> Result<(), ConfigError> {
    let thresholds = values(&options.thresholds);
    let wrong = |(_, v): &(&String, &Value)| v.as_f64().is_none_or(|v| v < 0.0);
    let Some((key, _)) = thresholds.iter().find(wrong) else { return Ok(()) };
    let given = table.get("thresholds").and_then(|t| t.get_ref().as_table()?.get_key_value(key.as_str()));
    let at = given.map_or(0, |(key, _)| key.span().start);
    Err(ConfigError { line: line_of(text, at), what: format!("`{key}` must be a number of at least 0") })
}

fn line_of(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or(text).matches('\n').count() + 1
}

/// Settings as a file that [`parse`] reads back to the same, every key with its description. What differs from the
/// default has the default behind it.
///
/// ```
/// use idenfy_preflight::{Options, options::file};
/// let options = Options::default();
/// assert_eq!(file::parse(&file::print(&options), None)?, options);
/// # Ok::<(), idenfy_preflight::options::file::ConfigError>(())
/// ```
pub fn print(options: &Options) -> String {
    let mut out = format!("# idenfy-preflight {}, {}\n", env!("CARGO_PKG_VERSION"), options.fingerprint());
    let (all, default) = (values(options), values(&Options::default()));
    for (name, lines) in TOP {
        comment(&mut out, lines);
        match all.get(*name) {
            Some(value) => entry(&mut out, name, value, default.get(*name)),
            None => out.push_str("# It is spelled out in [thresholds] below.\n"),
        }
    }
    for (table, title, keys) in TABLES {
        let _ = writeln!(out, "\n# {title}\n[{table}]");
        let of = |all: &Map<String, Value>, name: &str| all.get(table).and_then(|t| t.get(name)).cloned();
        // What no file can set is no part of it.
        let in_file = |name: &str| default.get(table).and_then(Value::as_object).is_some_and(|t| t.contains_key(name));
        for (name, lines) in keys.iter().filter(|(name, _)| in_file(name)) {
            comment(&mut out, lines);
            entry(&mut out, name, &of(&all, name).unwrap_or_default(), of(&default, name).as_ref());
        }
    }
    out.push_str(
        "\n# What rules weigh: \"allow\", \"warn\" or \"deny\"; `all` is for those not named.\n\
         # `preflight rules` lists them with their defaults.\n[levels]\n",
    );
    for (rule, level) in all.get("levels").and_then(Value::as_object).into_iter().flatten() {
        entry(&mut out, rule, level, None);
    }
    out
}

fn comment(out: &mut String, lines: &[&str]) {
    out.push('\n');
    for line in lines.iter().flat_map(|lines| lines.lines()) {
        let _ = writeln!(out, "#{line}");
    }
}

fn entry(out: &mut String, name: &str, value: &Value, default: Option<&Value>) {
    if value.is_null() {
        let _ = writeln!(out, "# {name} is not set");
        return;
    }
    let _ = write!(out, "{name} = {}", toml_text(value));
    if let Some(default) = default.filter(|d| *d != value && !d.is_array()) {
        let default = if default.is_null() { "not set".to_owned() } else { toml_text(default) };
        let _ = write!(out, " # default: {default}");
    }
    out.push('\n');
}

/// A value as TOML: scalars are spelled as in JSON.
fn toml_text(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items = items.iter().map(|item| format!("    {},\n", toml_text(item))).collect::<String>();
            format!("[\n{items}]")
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name} = {}", toml_text(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
