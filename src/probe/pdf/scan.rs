//! Whether a page is one picture and nothing else, as scanners and phone apps write: its drawing instructions are run
//! as far as that takes.

use super::{
    file::File,
    lexer::{Lexer, Token},
    pages::Page,
};
use crate::pixmap::Orientation;
use lopdf::{Dictionary, Object};

/// Forms drawn within forms that are followed.
const MAX_FORMS: usize = 4;
/// States saved within each other.
const MAX_SAVED: usize = 64;
/// The share of its width and height by which a picture may stick out of the page or be clipped.
const SLACK: f32 = 0.02;

/// The one picture of a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Picture {
    /// The object's number.
    pub number: u32,
    /// How the stored picture is to be turned to stand on the page, before the page itself is turned.
    pub orientation: Orientation,
    /// Width and height on the page, in its units, in the picture's own directions.
    pub size: (f32, f32),
    /// The part of the page that it takes: left, bottom, right, top.
    pub area: [f32; 4],
}

type Matrix = [f32; 6];
type Rect = [f32; 4];

#[derive(Clone)]
struct State {
    matrix: Matrix,
    clip: Rect,
    invisible_text: bool,
    white: bool,
}

struct Run<'a> {
    file: &'a File<'a>,
    state: State,
    saved: Vec<State>,
    found: Option<(u32, Matrix, Rect)>,
}

/// The page's one picture; `None` when it draws anything else, or nothing.
pub(crate) fn sole_picture(file: &File, page: &Page, content: &[u8]) -> Option<Picture> {
    if annotated(file, page) {
        return None;
    }
    let state = State { matrix: [1.0, 0.0, 0.0, 1.0, 0.0, 0.0], clip: page.area, invisible_text: false, white: false };
    let mut run = Run { file, state, saved: Vec::new(), found: None };
    let resources = file.dict(&page.dict, b"Resources").unwrap_or_default();
    run.content(content, &resources, 0)?;
    let (number, [a, b, c, d, ..], clip) = run.found?;
    let bounds = corners(&run.found?.1, [0.0, 0.0, 1.0, 1.0]);
    let seen = meet(bounds, clip);
    let whole = |seen: f32, all: f32| seen >= all * (1.0 - SLACK);
    if !whole(seen[2] - seen[0], bounds[2] - bounds[0]) || !whole(seen[3] - seen[1], bounds[3] - bounds[1]) {
        return None;
    }
    let straight = b.abs() + c.abs() <= 0.001 * (a.abs() + d.abs());
    let sideways = a.abs() + d.abs() <= 0.001 * (b.abs() + c.abs());
    // The picture's right is the page's (a, b), its up the page's (c, d).
    let orientation = match (straight, sideways) {
        (true, _) => match (a > 0.0, d > 0.0) {
            (true, true) => Orientation::Upright,
            (false, true) => Orientation::Mirrored,
            (false, false) => Orientation::Turned180,
            (true, false) => Orientation::Flipped,
        },
        (_, true) => match (b > 0.0, c > 0.0) {
            (false, false) => Orientation::Transposed,
            (false, true) => Orientation::Turned90,
            (true, true) => Orientation::Transversed,
            (true, false) => Orientation::Turned270,
        },
        _ => return None,
    };
    Some(Picture { number, orientation, size: (a.hypot(b), c.hypot(d)), area: seen })
}

/// Whether something other than links lies on the page.
fn annotated(file: &File, page: &Page) -> bool {
    let Object::Array(annotations) = file.value(&page.dict, b"Annots") else { return false };
    annotations.iter().take(file.limits.max_objects as usize).any(|a| match file.resolve(a) {
        Object::Dictionary(a) => {
            !matches!(a.get(b"Subtype").and_then(Object::as_name), Ok(b"Link" | b"Popup")) && a.has(b"AP")
        }
        _ => false,
    })
}

impl Run<'_> {
    /// Runs instructions; `None` once they draw anything but one picture.
    fn content(&mut self, content: &[u8], resources: &Dictionary, depth: usize) -> Option<()> {
        let mut lexer = Lexer::new(content, 0, self.file.limits.max_depth);
        let mut operands: Vec<Object> = Vec::new();
        let (mut path, mut other_path, mut clips) = (Vec::new(), false, false);
        let floor = self.saved.len();
        let mut steps = 0_u32;
        loop {
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(1024) && self.file.limits.is_over() {
                return None;
            }
            let before = lexer.at;
            let operator = match lexer.token() {
                None => return Some(()),
                Some(Token::Word(word)) => word,
                Some(Token::Value(value)) => {
                    operands.push(value);
                    (operands.len() <= 64).then_some(())?;
                    continue;
                }
                Some(Token::ArrayStart | Token::DictStart) => {
                    lexer.at = before;
                    operands.push(lexer.object()?);
                    continue;
                }
                Some(Token::ArrayEnd | Token::DictEnd) => continue,
            };
            let numbers: Vec<f32> = operands.iter().filter_map(|o| o.as_float().ok()).collect();
            match operator {
                b"q" if self.saved.len() >= MAX_SAVED => return None,
                b"q" => self.saved.push(self.state.clone()),
                b"Q" if self.saved.len() > floor => self.state = self.saved.pop()?,
                b"cm" => self.state.matrix = product(numbers.as_slice().try_into().ok()?, &self.state.matrix),
                b"g" => self.state.white = numbers == [1.0],
                b"rg" => self.state.white = numbers == [1.0; 3],
                b"k" => self.state.white = numbers == [0.0; 4],
                b"sc" | b"scn" => self.state.white = numbers == [1.0] || numbers == [1.0; 3],
                b"re" => {
                    let &[x, y, w, h] = numbers.as_slice() else { return None };
                    path.push(corners(&self.state.matrix, [x.min(x + w), y.min(y + h), x.max(x + w), y.max(y + h)]));
                }
                b"m" | b"l" | b"c" | b"v" | b"y" => other_path = true,
                b"W" | b"W*" => clips = true,
                b"n" | b"f" | b"F" | b"f*" | b"S" | b"s" | b"B" | b"B*" | b"b" | b"b*" => {
                    let drawn = operator != b"n" && (other_path || !path.is_empty());
                    let background =
                        matches!(operator, b"f" | b"F" | b"f*") && self.state.white && self.found.is_none();
                    (!drawn || background).then_some(())?;
                    if clips {
                        let [one] = path.as_slice() else { return None };
                        (!other_path).then_some(())?;
                        self.state.clip = meet(self.state.clip, *one);
                    }
                    (path, other_path, clips) = (Vec::new(), false, false);
                }
                b"Tr" => self.state.invisible_text = numbers == [3.0],
                b"Tj" | b"TJ" | b"'" | b"\"" if !self.state.invisible_text => return None,
                b"sh" | b"BI" => return None,
                b"gs" => self.graphics_state(operands.first()?, resources)?,
                b"Do" => self.draw(operands.first()?, resources, depth)?,
                _ => {}
            }
            operands.clear();
        }
    }

    /// A graphics state that fades or masks what follows is more than a picture.
    fn graphics_state(&self, name: &Object, resources: &Dictionary) -> Option<()> {
        let states = self.file.dict(resources, b"ExtGState")?;
        let state = self.file.dict(&states, name.as_name().ok()?)?;
        let mask = self.file.value(&state, b"SMask");
        let alpha = self.file.value(&state, b"ca").as_float().unwrap_or(1.0);
        ((mask.is_null() || mask.as_name().is_ok()) && alpha >= 1.0).then_some(())
    }

    fn draw(&mut self, name: &Object, resources: &Dictionary, depth: usize) -> Option<()> {
        let objects = self.file.dict(resources, b"XObject")?;
        let &Object::Reference((number, _)) = objects.get(name.as_name().ok()?).ok()? else { return None };
        let Object::Dictionary(dict) = self.file.get(number) else { return None };
        match dict.get(b"Subtype").and_then(Object::as_name).ok()? {
            b"Image" if self.found.is_none() => {
                self.found = Some((number, self.state.matrix, self.state.clip));
                Some(())
            }
            b"Form" if depth < MAX_FORMS => {
                let state = self.state.clone();
                let numbers = |key: &[u8]| match self.file.value(&dict, key) {
                    Object::Array(values) => {
                        values.iter().filter_map(|v| self.file.resolve(v).as_float().ok()).collect()
                    }
                    _ => Vec::new(),
                };
                if let Ok(matrix) = Matrix::try_from(numbers(b"Matrix")) {
                    self.state.matrix = product(matrix, &self.state.matrix);
                }
                if let Ok(bounds) = Rect::try_from(numbers(b"BBox")) {
                    self.state.clip = meet(self.state.clip, corners(&self.state.matrix, bounds));
                }
                let content = self.file.decoded(&self.file.stream(number)?).ok()?;
                let inner = self.file.dict(&dict, b"Resources").unwrap_or_else(|| resources.clone());
                let floor = self.saved.len();
                self.content(&content, &inner, depth + 1)?;
                self.saved.truncate(floor);
                self.state = state;
                Some(())
            }
            _ => None,
        }
    }
}

/// `first`, then `second`.
fn product(first: Matrix, second: &Matrix) -> Matrix {
    let [a, b, c, d, e, f] = first;
    let [p, q, r, s, t, u] = *second;
    [a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u]
}

/// The bounds of a rectangle after a matrix.
fn corners([a, b, c, d, e, f]: &Matrix, [left, bottom, right, top]: Rect) -> Rect {
    let points = [(left, bottom), (left, top), (right, bottom), (right, top)];
    points
        .iter()
        .map(|(x, y)| (a * x + c * y + e, b * x + d * y + f))
        .fold([f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY], |[l, b, r, t], (x, y)| {
            [l.min(x), b.min(y), r.max(x), t.max(y)]
        })
}

fn meet(a: Rect, b: Rect) -> Rect {
    [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]
}
