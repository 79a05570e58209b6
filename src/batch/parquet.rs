//! Answers as a Parquet file, one row for each image, for questions in SQL.
//!
//! The columns are those of [`COLUMNS`]; a line without images (`error` says why) has one row. What belongs to the line
//! stands in each of its rows: count lines by `count(DISTINCT line)`, or where `image` is 1 or NULL.

use super::{Answer, Sink};
use parquet::{
    basic::Compression,
    data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::parser::parse_message_type,
};
use serde_json::Value;
use std::{
    io::{self, Write},
    sync::Arc,
};

/// Rows that are held before they are written: some 10 MB.
const ROWS: usize = 8192;

/// What a column holds.
///
/// ```
/// use idenfy_preflight::batch::parquet::{COLUMNS, Kind};
/// let (_, _, kind, pointer) = COLUMNS.iter().find(|column| column.0 == "legibility").unwrap();
/// assert_eq!((*kind, *pointer), (Kind::Int, "/scores/legibility"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// INT32.
    Int,
    /// INT64.
    Long,
    /// DOUBLE.
    Real,
    /// BOOLEAN.
    Flag,
    /// STRING. Of an id that is no text, its JSON.
    Text,
    /// STRING that holds JSON.
    Json,
    /// A list of STRING: the rules of the findings of one level, `allow`, `warn` or `deny`.
    Rules(&'static str),
}

/// Whether a column is about the line or about one of its images.
///
/// ```
/// use idenfy_preflight::batch::parquet::{About, COLUMNS};
/// let of_images = COLUMNS.iter().filter(|column| column.1 == About::Image);
/// assert!(of_images.count() > 20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The line.
    Line,
    /// The image.
    Image,
}

/// Every column: its name, what it is about, what it holds, and where that stands in the answer (a JSON pointer, within
/// the image for those about images).
pub const COLUMNS: &[(&str, About, Kind, &str)] = {
    use About::{Image, Line};
    use Kind::{Flag, Int, Json, Long, Real, Rules, Text};
    &[
        ("line", Line, Long, "/line"),
        ("id", Line, Text, "/id"),
        ("error", Line, Text, "/error"),
        ("verdict", Line, Text, "/verdict"),
        ("advice", Line, Text, "/advice"),
        ("skip_analysis", Line, Flag, "/skip_analysis/recommended"),
        ("body", Line, Text, "/body"),
        ("body_bytes", Line, Long, "/request/bytes"),
        ("deny", Line, Rules("deny"), "/findings"),
        ("warn", Line, Rules("warn"), "/findings"),
        ("allow", Line, Rules("allow"), "/findings"),
        ("milliseconds", Line, Real, "/milliseconds"),
        ("image", Image, Int, "/image"),
        ("step", Image, Text, "/step"),
        ("file", Image, Text, "/file"),
        ("image_verdict", Image, Text, "/verdict"),
        ("image_advice", Image, Text, "/advice"),
        ("format", Image, Text, "/format"),
        ("bytes", Image, Long, "/bytes"),
        ("width", Image, Int, "/width"),
        ("height", Image, Int, "/height"),
        ("orientation", Image, Int, "/orientation"),
        ("pages", Image, Int, "/pages"),
        ("encrypted", Image, Flag, "/encrypted"),
        ("legibility", Image, Int, "/scores/legibility"),
        ("sharpness", Image, Int, "/scores/sharpness"),
        ("glare", Image, Int, "/scores/glare"),
        ("exposure", Image, Int, "/scores/exposure"),
        ("document", Image, Int, "/scores/document"),
        ("face", Image, Int, "/scores/face"),
        ("sent_bytes", Image, Long, "/sent/bytes"),
        ("sent_format", Image, Text, "/sent/format"),
        ("recompressed", Image, Flag, "/sent/recompressed"),
        ("quality", Image, Int, "/sent/quality"),
        ("image_deny", Image, Rules("deny"), "/findings"),
        ("image_warn", Image, Rules("warn"), "/findings"),
        ("image_allow", Image, Rules("allow"), "/findings"),
        ("measurements", Image, Json, "/measurements"),
        ("findings", Image, Json, "/findings"),
    ]
};

/// A [`Sink`] that writes a Parquet file. Without [`finish`](Parquet::finish) it has no end and cannot be read.
///
/// ```
/// use idenfy_preflight::{Preflight, batch::{Answered, Batch, parquet::Parquet, Settings, Stop}};
/// let lines = br#"{"id": 1, "images": {"FRONT": "testdata/front.jpg"}}"#;
/// let mut parquet = Parquet::new(Vec::new()).unwrap();
/// Batch::new(Preflight::default(), Settings::default())
///     .run(&lines[..], Answered::default(), &Stop::default(), &mut parquet)?;
/// let file = parquet.finish().unwrap();
/// assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"));
/// # Ok::<(), idenfy_preflight::batch::BatchError>(())
/// ```
#[derive(Debug)]
pub struct Parquet<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: Vec<Column>,
    rows: usize,
}

/// A column's values so far, and the levels that say where there are none (Parquet, "nested encoding").
#[derive(Debug)]
struct Column {
    about: About,
    kind: Kind,
    pointer: &'static str,
    values: Values,
    /// 1 where there is a value, 0 where there is none.
    defined: Vec<i16>,
    /// Of lists: 1 for what belongs to the row before.
    repeated: Vec<i16>,
}

#[derive(Debug)]
enum Values {
    Int(Vec<i32>),
    Long(Vec<i64>),
    Real(Vec<f64>),
    Flag(Vec<bool>),
    Text(Vec<ByteArray>),
}

impl Values {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Int => Self::Int(Vec::new()),
            Kind::Long => Self::Long(Vec::new()),
            Kind::Real => Self::Real(Vec::new()),
            Kind::Flag => Self::Flag(Vec::new()),
            Kind::Text | Kind::Json | Kind::Rules(_) => Self::Text(Vec::new()),
        }
    }
}

impl<W: Write + Send> Parquet<W> {
    /// Writes to this.
    ///
    /// # Errors
    /// When nothing can be written.
    ///
    /// ```
    /// use idenfy_preflight::batch::parquet::Parquet;
    /// let parquet = Parquet::new(tempfile::tempfile()?)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new(out: W) -> io::Result<Self> {
        let fields: String = COLUMNS.iter().map(|(name, _, kind, _)| field(name, *kind)).collect();
        let schema = parse_message_type(&format!("message preflight {{ {fields} }}")).map_err(other)?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(other)?;
        let column = |(_, about, kind, pointer): &(&str, About, Kind, &'static str)| Column {
            about: *about,
            kind: *kind,
            pointer,
            values: Values::new(*kind),
            defined: Vec::new(),
            repeated: Vec::new(),
        };
        Ok(Self { writer, columns: COLUMNS.iter().map(column).collect(), rows: 0 })
    }

    /// Writes the end of the file and gives back what it was written to.
    ///
    /// # Errors
    /// When it cannot be written.
    ///
    /// ```
    /// use idenfy_preflight::batch::parquet::Parquet;
    /// let empty = Parquet::new(Vec::new())?.finish()?;
    /// assert!(empty.ends_with(b"PAR1"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn finish(mut self) -> io::Result<W> {
        self.write()?;
        self.writer.into_inner().map_err(other)
    }

    fn row(&mut self, line: &Value, image: Option<&Value>) {
        for column in &mut self.columns {
            let of = if column.about == About::Line { Some(line) } else { image };
            column.push(of.and_then(|of| of.pointer(column.pointer)).filter(|value| !value.is_null()));
        }
        self.rows = self.rows.saturating_add(1);
    }

    /// Writes the rows that are held, as one row group.
    fn write(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group().map_err(other)?;
        for column in &mut self.columns {
            let next = group.next_column().map_err(other)?;
            column.write(next.ok_or_else(|| io::Error::other("a column is missing"))?).map_err(other)?;
        }
        group.close().map_err(other)?;
        self.rows = 0;
        Ok(())
    }
}

impl<W: Write + Send> Sink for Parquet<W> {
    fn answer(&mut self, answer: &Answer) -> io::Result<()> {
        let mut line: Value = serde_json::from_str(&answer.text)?;
        let images = line.get_mut("images").map(Value::take);
        if let Some(line) = line.as_object_mut() {
            line.insert("milliseconds".into(), (answer.time.as_secs_f64() * 1e3).into());
        }
        match images {
            Some(Value::Array(images)) if !images.is_empty() => {
                for (n, mut image) in (1..).zip(images) {
                    if let Some(image) = image.as_object_mut() {
                        image.insert("image".into(), Value::from(n));
                    }
                    self.row(&line, Some(&image));
                }
            }
            _ => self.row(&line, None),
        }
        if self.rows >= ROWS { self.write() } else { Ok(()) }
    }

    /// Rows are written by the thousand.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Column {
    fn push(&mut self, value: Option<&Value>) {
        if let (Kind::Rules(level), Values::Text(texts)) = (self.kind, &mut self.values) {
            let findings = value.and_then(Value::as_array).into_iter().flatten();
            let fired = findings.filter(|f| f.get("level").and_then(Value::as_str) == Some(level));
            let before = texts.len();
            texts.extend(fired.filter_map(|f| f.get("rule")?.as_str()).map(ByteArray::from));
            // An empty list has one pair of levels and no value.
            for i in before..texts.len().max(before.saturating_add(1)) {
                self.repeated.push(i16::from(i > before));
                self.defined.push(i16::from(texts.len() > before));
            }
            return;
        }
        let pushed = match &mut self.values {
            Values::Int(ints) => {
                value.and_then(Value::as_i64).and_then(|v| i32::try_from(v).ok()).map(|v| ints.push(v))
            }
            Values::Long(longs) => value.and_then(Value::as_i64).map(|v| longs.push(v)),
            Values::Real(reals) => value.and_then(Value::as_f64).map(|v| reals.push(v)),
            Values::Flag(flags) => value.and_then(Value::as_bool).map(|v| flags.push(v)),
            Values::Text(texts) => value.map(|v| {
                texts.push(match v.as_str().filter(|_| self.kind == Kind::Text) {
                    Some(text) => ByteArray::from(text),
                    None => ByteArray::from(v.to_string().into_bytes()),
                });
            }),
        };
        self.defined.push(i16::from(pushed.is_some()));
    }

    fn write(&mut self, mut column: SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let defined = Some(self.defined.as_slice());
        let repeated = Some(self.repeated.as_slice()).filter(|r| !r.is_empty());
        match &mut self.values {
            Values::Int(v) => column.typed::<Int32Type>().write_batch(v, defined, repeated)?,
            Values::Long(v) => column.typed::<Int64Type>().write_batch(v, defined, repeated)?,
            Values::Real(v) => column.typed::<DoubleType>().write_batch(v, defined, repeated)?,
            Values::Flag(v) => column.typed::<BoolType>().write_batch(v, defined, repeated)?,
            Values::Text(v) => column.typed::<ByteArrayType>().write_batch(v, defined, repeated)?,
        };
        column.close()?;
        self.values = Values::new(self.kind);
        self.defined.clear();
        self.repeated.clear();
        Ok(())
    }
}

fn field(name: &str, kind: Kind) -> String {
    let kind = match kind {
        Kind::Int => "INT32",
        Kind::Long => "INT64",
        Kind::Real => "DOUBLE",
        Kind::Flag => "BOOLEAN",
        Kind::Text | Kind::Json => return format!("OPTIONAL BINARY {name} (STRING); "),
        Kind::Rules(_) => {
            let list = "REPEATED GROUP list { REQUIRED BINARY element (STRING); }";
            return format!("REQUIRED GROUP {name} (LIST) {{ {list} }} ");
        }
    };
    format!("OPTIONAL {kind} {name}; ")
}

fn other(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(inner) => io::Error::other(inner),
        },
        error => io::Error::other(error),
    }
}
