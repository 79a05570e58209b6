//! A small picture in terminals that can show one (`--picture`): one escape sequence around base64.
//!
//! Only when it is asked for, because a recording of a terminal, its scrollback or a continuous integration's log would
//! keep somebody's document; and only where a terminal is known to understand it, for others print it as text.

use base64::{Engine, prelude::BASE64_STANDARD};
use idenfy_preflight::{Step, preview::Preview, report::ImageReport, rules::Level};
use image::{ImageFormat, Rgb, RgbImage, imageops::FilterType};
use std::io::Cursor;

/// The long side in pixels, and the most columns that it takes.
const LONG_SIDE: u32 = 640;
const COLUMNS: usize = 60;
/// Kitty takes no more characters in one piece.
const PIECE: usize = 4096;

/// The ways that terminals take pictures in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// kitty, Ghostty (sw.kovidgoyal.net/kitty/graphics-protocol).
    Kitty,
    /// iTerm2, WezTerm, Konsole, VS Code, mintty, Rio, Warp (iterm2.com/documentation-images.html).
    Iterm,
}

impl Protocol {
    /// What the terminal says of itself, by its variables; nothing is asked of it. A multiplexer passes neither on.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let has = |name: &str, known: &[&str]| variable(name).is_some_and(|value| known.iter().any(|k| value == *k));
        let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        match () {
            () if set("TMUX") || set("STY") => None,
            () if has("TERM", &["xterm-kitty", "xterm-ghostty"]) || has("TERM_PROGRAM", &["ghostty"]) => {
                Some(Self::Kitty)
            }
            () if has("TERM_PROGRAM", &["iTerm.app", "WezTerm", "vscode", "mintty", "rio", "WarpTerminal"])
                || has("LC_TERMINAL", &["iTerm2"])
                || set("KONSOLE_VERSION") =>
            {
                Some(Self::Iterm)
            }
            () => None,
        }
    }

    /// A preview with what was seen where, as the terminal takes it.
    pub fn shown(self, preview: &Preview, report: &ImageReport) -> Option<String> {
        let mut png = Cursor::new(Vec::new());
        drawn(preview, report)?.write_to(&mut png, ImageFormat::Png).ok()?;
        let text = BASE64_STANDARD.encode(png.into_inner());
        let most = text.len();
        Some(match self {
            Self::Iterm => format!("\x1b]1337;File=inline=1;width={COLUMNS};preserveAspectRatio=1:{text}\x07\n"),
            Self::Kitty => {
                let pieces = (0..most).step_by(PIECE).map(|at| {
                    let first = if at == 0 { format!("a=T,f=100,q=2,c={COLUMNS},") } else { String::new() };
                    let more = u8::from(at + PIECE < most);
                    format!("\x1b_G{first}m={more};{}\x1b\\", &text[at..most.min(at + PIECE)])
                });
                pieces.collect::<String>() + "\n"
            }
        })
    }
}

/// The picture with the document's outline and the places that findings are about, in the page's colours.
fn drawn(preview: &Preview, report: &ImageReport) -> Option<RgbImage> {
    let whole = image::load_from_memory(&preview.jpeg).ok()?;
    let mut picture = whole.resize(LONG_SIDE, LONG_SIDE, FilterType::Triangle).into_rgb8();
    let scale = picture.width() as f32 / preview.width as f32;
    let told = |rule: &str| report.findings.iter().any(|f| f.rule.id() == rule && f.level > Level::Allow);
    let places = &report.places;
    let boxes = [
        (&places.glare, [0xff, 0xb0, 0x00], told("glare")),
        (&places.soft, [0xff, 0x4f, 0xa3], told("too_blurry")),
        (&places.faces, [0x9d, 0x7b, 0xff], true),
    ];
    for (places, colour, _) in boxes.iter().filter(|(_, _, told)| *told) {
        for [x, y, w, h] in places.iter() {
            outline(&mut picture, [[*x, *y], [x + w, *y], [x + w, y + h], [*x, y + h]], scale, *colour);
        }
    }
    if let Some(document) = report.document.as_ref().filter(|_| report.step != Step::Face) {
        outline(&mut picture, document.quad, scale, [0x00, 0xa3, 0xd7]);
    }
    Some(picture)
}

fn outline(picture: &mut RgbImage, corners: [[f32; 2]; 4], scale: f32, colour: [u8; 3]) {
    let corners = corners.map(|corner| corner.map(|v| (v * scale).clamp(-1e4, 1e4)));
    for ([x0, y0], [x1, y1]) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        let steps = (x1 - x0).abs().max((y1 - y0).abs()).ceil().max(1.0);
        for step in 0..=steps as u32 {
            let share = step as f32 / steps;
            let (x, y) = ((x0 + (x1 - x0) * share) as i64, (y0 + (y1 - y0) * share) as i64);
            // Two pixels wide.
            for (x, y) in [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)] {
                let place = u32::try_from(x).ok().zip(u32::try_from(y).ok());
                if let Some(pixel) = place.and_then(|(x, y)| picture.get_pixel_mut_checked(x, y)) {
                    *pixel = Rgb(colour);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use idenfy_preflight::{Image, Preflight};

    #[test]
    fn terminals_are_known_by_their_variables() {
        let of = |set: &[(&str, &str)]| {
            Protocol::of(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(of(&[("TERM", "xterm-kitty")]), Some(Protocol::Kitty));
        assert_eq!(of(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")]), Some(Protocol::Iterm));
        assert_eq!(of(&[("TERM", "xterm-256color"), ("KONSOLE_VERSION", "240802")]), Some(Protocol::Iterm));
        assert_eq!(of(&[("TERM", "xterm-kitty"), ("TMUX", "/tmp/tmux-0/default,1,0")]), None);
        assert_eq!(of(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "Apple_Terminal")]), None);
        assert_eq!(of(&[]), None);
    }

    /// What stands in the sequences is a PNG on which the places are drawn.
    #[test]
    fn what_is_written_is_the_picture() {
        let preflight = Preflight::default();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/glare.jpg");
        let photo = Image::open(Step::Front, path, &preflight.options().limits).unwrap();
        let report = preflight.inspect(&photo).unwrap();
        let preview = preflight.preview(&photo, &report, false).unwrap();
        let [iterm, kitty] = [Protocol::Iterm, Protocol::Kitty].map(|p| p.shown(&preview, &report).unwrap());
        let inline = iterm.strip_prefix("\x1b]1337;File=inline=1;width=60;preserveAspectRatio=1:").unwrap();
        let inline = inline.strip_suffix("\x07\n").unwrap();
        let pieces: Vec<_> = kitty.strip_suffix("\x1b\\\n").unwrap().split("\x1b\\").collect();
        let pieces: Vec<_> =
            pieces.iter().map(|piece| piece.strip_prefix("\x1b_G").unwrap().split_once(';').unwrap()).collect();
        assert!(pieces[0].0 == "a=T,f=100,q=2,c=60,m=1" && pieces.len() > 2);
        assert!(pieces[1..pieces.len() - 1].iter().all(|(head, text)| *head == "m=1" && text.len() == PIECE));
        assert_eq!(pieces.last().unwrap().0, "m=0");
        assert_eq!(pieces.iter().map(|piece| piece.1).collect::<String>(), inline);
        let png = image::load_from_memory(&BASE64_STANDARD.decode(inline).unwrap()).unwrap().into_rgb8();
        assert_eq!(png.dimensions(), (640, 480));
        for colour in [[0x00, 0xa3, 0xd7], [0xff, 0xb0, 0x00]] {
            assert!(png.pixels().filter(|pixel| pixel.0 == colour).count() > 100, "{colour:?}");
        }
    }
}
