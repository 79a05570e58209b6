//! What drawing a page would take, counted before it is drawn: hayro records a page before it paints it, without limits
//! of its own, and cannot be stopped. The meter is walked through the same page, and stops the walk.

use super::pictures;
use crate::{fault::Refusal, options::Limits};
use hayro::{
    hayro_interpret::{
        BlendMode, CacheKey, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
        InterpreterSettings, Paint, SoftMask, StrokeProps,
        encode::EncodedShadingType,
        font::{Glyph, GlyphRun},
        interpret_page,
        pattern::{Pattern, ShadingPattern},
        shading::ShadingType,
        util::x_y_advances,
    },
    hayro_syntax::{object::Stream, page::Page},
    kurbo::{Affine, BezPath, PathEl, Point, Rect, Shape},
};
use std::{
    collections::{HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    rc::Rc,
};

/// Bytes that the renderer records, read off vello_cpu 0.3 and rounded up: for a drawing by itself, for an element of
/// its path, for a pixel of its outline, for a block of 256 x 4 pixels that it covers, and for a dash.
const DRAWING: f64 = 256.0;
const ELEMENT: f64 = 64.0;
const OUTLINE: f64 = 8.0;
const BLOCK: f64 = 24.0;
const DASH: f64 = 512.0;

/// What running a byte of a function's program once counts as, which makes the budget some seconds; and how often a
/// gradient's is run, whatever it covers.
const PROGRAM: f64 = 0.1;
const GRADIENT: f64 = 4096.0;

/// The share of the memory limit that the renderer's record of the page may take, beside the copy and the picture.
const RECORD: u64 = 2;

/// Patterns, masks and drawn letters within each other. The renderer bounds forms at 50, and these not at all, though
/// each takes of its stack; pages have a few.
const MAX_NESTED: usize = 50;

struct Meter {
    left: f64,
    limits: Limits,
    target: Rect,
    outlines: HashMap<u128, Rc<BezPath>>,
    masks: HashSet<u128>,
    /// Pictures that were held, and the pixels that others may still have.
    pictures: HashSet<u128>,
    pixels: u64,
    /// Whether anything may be painted with a pattern.
    patterns: bool,
    /// Bytes of the longest program that a shading's function may be.
    program: f64,
    /// The most that a colour space has.
    components: u64,
    nested: usize,
}

/// Holds what drawing the page at `transform` on `width` x `height` pixels would record, and what its pictures would
/// take, against the limits; `patterns`, `program` and `components` are the [`Excerpt`](super::excerpt::Excerpt)'s.
///
/// # Errors
/// [`Refusal::Limit`], [`Refusal::TooManyPixels`], [`Refusal::Unreadable`]; [`Refusal::DecoderFault`] when the page's
/// interpreter fails.
pub fn hold<'a>(
    page: &'a Page<'a>,
    transform: Affine,
    (width, height): (f64, f64),
    settings: &InterpreterSettings,
    (patterns, program, components): (bool, u64, u64),
    limits: &Limits,
) -> Result<(), Refusal> {
    let target = Rect::new(0.0, 0.0, width, height);
    let mut meter = Meter {
        left: (limits.max_memory / RECORD) as f64,
        limits: limits.clone(),
        target,
        outlines: HashMap::new(),
        masks: HashSet::new(),
        pictures: HashSet::new(),
        pixels: limits.max_pixels.min(limits.max_memory / 8),
        patterns,
        program: program as f64,
        components,
        nested: 0,
    };
    let walk = catch_unwind(AssertUnwindSafe(|| {
        let cache = InterpreterCache::new();
        let mut context = Context::new(transform, target, &cache, page.xref(), settings.clone());
        interpret_page(page, &mut context, &mut meter);
    }));
    walk.map_err(|stopped| match stopped.downcast::<Refusal>() {
        Ok(refusal) => *refusal,
        Err(_) => Refusal::DecoderFault { decoder: "PDF" },
    })
}

/// Ends the walk. An interpreter has no other way out than unwinding, which calls no panic hook here.
fn stop(refusal: Refusal) -> ! {
    resume_unwind(Box::new(refusal))
}

impl Meter {
    /// Takes from what is left.
    fn charge(&mut self, bytes: f64) {
        self.left -= bytes;
        if self.left < 0.0 || self.left.is_nan() {
            let limit = self.limits.max_memory / RECORD;
            stop(Refusal::Limit { what: "bytes to draw the PDF's first page", needed: limit + 1, limit });
        }
    }

    /// Walks through what is drawn within something else.
    fn within(&mut self, walk: impl FnOnce(&mut Self)) {
        self.nested += 1;
        if self.nested > MAX_NESTED {
            let (needed, limit) = (self.nested as u64, MAX_NESTED as u64);
            stop(Refusal::Limit { what: "patterns within each other on the first page", needed, limit });
        }
        walk(self);
        self.nested -= 1;
    }

    /// Holds a picture, and the one that masks it, once.
    fn picture(&mut self, stream: &Stream<'_>) {
        let dict = stream.dict();
        let masks = [&b"SMask"[..], b"Mask"].into_iter().filter_map(|key| dict.get::<Stream<'_>>(key));
        for stream in [stream.clone()].into_iter().chain(masks) {
            if self.pictures.insert(stream.cache_key())
                && let Err(refusal) = pictures::hold(&stream, &mut self.pixels, self.components, &self.limits)
            {
                stop(refusal);
            }
        }
    }

    /// The blocks and the outline of a path, and its length in pixels as far as the target sees it.
    fn outline(&mut self, path: &BezPath, transform: Affine) {
        let diagonal = self.target.width().hypot(self.target.height());
        let (mut at, mut start, mut length) = (Point::ZERO, Point::ZERO, 0.0);
        for element in path.elements() {
            let mut to = |points: &[Point]| {
                let mut bounds = Rect::from_points(at, at);
                let mut long = 0.0;
                for point in points {
                    let point = transform * *point;
                    long += at.distance(point);
                    bounds = bounds.union_pt(point);
                    at = point;
                }
                // Left of the target still counts: it covers what is to its right.
                if bounds.y0 <= self.target.y1 && bounds.y1 >= self.target.y0 { long.min(2.0 * diagonal) } else { 0.0 }
            };
            length += match element {
                PathEl::MoveTo(p) => {
                    at = transform * *p;
                    start = at;
                    0.0
                }
                PathEl::LineTo(p) => to(&[*p]),
                PathEl::QuadTo(p, q) => to(&[*p, *q]),
                PathEl::CurveTo(p, q, r) => to(&[*p, *q, *r]),
                PathEl::ClosePath => {
                    let long = at.distance(start).min(2.0 * diagonal);
                    at = start;
                    long
                }
            };
        }
        let seen = transform.transform_rect_bbox(path.control_box()).intersect(self.target);
        let blocks = (seen.width() / 256.0 + 1.0) * (seen.height() / 4.0 + 1.0);
        self.charge(DRAWING + ELEMENT * path.elements().len() as f64 + OUTLINE * length + BLOCK * blocks);
    }

    fn stroke(&mut self, path: &BezPath, transform: Affine, stroke: &StrokeProps) {
        // Two sides, and at each corner a join.
        self.outline(path, transform);
        self.outline(path, transform);
        if !stroke.dash_array.is_empty() {
            let period: f64 = stroke.dash_array.iter().map(|d| f64::from(d.abs())).sum();
            let long = path.perimeter(0.1) + f64::from(stroke.dash_offset.abs());
            self.charge(DASH * stroke.dash_array.len() as f64 * (long / period + 1.0));
        }
    }

    fn paint<'a>(&mut self, path: &BezPath, props: &DrawProps<'a>, is_stroke: bool) {
        self.mask(props.soft_mask.as_ref());
        self.painted(&props.paint, props.transform.transform_rect_bbox(path.control_box()), is_stroke);
    }

    /// What a paint takes on a part of the target.
    fn painted<'a>(&mut self, paint: &Paint<'a>, part: Rect, is_stroke: bool) {
        let Paint::Pattern(pattern) = paint else { return };
        let seen = part.intersect(self.target);
        match &**pattern {
            // Sampled into a picture of its own.
            Pattern::Shading(shading) => {
                self.charge(8.0 * (seen.area() + 1.0));
                if self.program > 0.0 {
                    self.run(shading, seen);
                }
            }
            Pattern::Tiling(tile) => {
                let area = tile.matrix.inverse().transform_rect_bbox(seen);
                let (x, y) = x_y_advances(&tile.matrix);
                let axis = |scale: f64, cell: f64, step: f32, seen: f64| {
                    let step = f64::from(step.abs());
                    // Pixels of the picture that is repeated, and how often the cell is drawn into it.
                    (step.min(seen) * scale + 2.0, (cell + seen.min(step)) / step + 1.0)
                };
                let (width, across) = axis(x.length(), tile.bbox.width(), tile.x_step, area.width());
                let (height, down) = axis(y.length(), tile.bbox.height(), tile.y_step, area.height());
                self.charge(8.0 * width * height);
                let onto = Affine::scale_non_uniform(x.length(), y.length())
                    * Affine::translate((-tile.bbox.x0, -tile.bbox.y0));
                let outer = std::mem::replace(&mut self.target, Rect::new(0.0, 0.0, width, height));
                let before = self.left;
                self.within(|meter| {
                    tile.interpret(meter, onto, is_stroke);
                });
                self.target = outer;
                self.charge((before - self.left) * (across * down - 1.0).max(0.0));
            }
        }
    }

    /// Running the program of a shading's function: for each pixel, unless the renderer makes a plain gradient of it.
    fn run(&mut self, shading: &ShadingPattern, seen: Rect) {
        let once = PROGRAM * self.program;
        if matches!(*shading.shading.shading_type, ShadingType::RadialAxial { .. }) {
            self.charge(once * GRADIENT);
            let encoded = shading.encode();
            if let EncodedShadingType::RadialAxial(gradient) = &encoded.shading_type
                && gradient.as_svg_gradient(&encoded, seen, 0.01).is_some()
            {
                return;
            }
        }
        self.charge(once * seen.area());
    }

    /// A mask is drawn once, as large as the page.
    fn mask(&mut self, mask: Option<&SoftMask<'_>>) {
        let Some(mask) = mask else { return };
        if self.masks.insert(mask.cache_key()) {
            self.charge(5.0 * self.target.area());
            self.within(|meter| mask.interpret(meter));
        }
    }
}

impl<'a> Device<'a> for Meter {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        let is_stroke = matches!(mode, DrawMode::Stroke(_));
        self.paint(path, &props, is_stroke);
        match mode {
            DrawMode::Fill(_) => self.outline(path, props.transform),
            DrawMode::Stroke(stroke) => self.stroke(path, props.transform, stroke),
            DrawMode::FillAndStroke(_, stroke) => {
                self.outline(path, props.transform);
                self.stroke(path, props.transform, stroke);
            }
            DrawMode::Invisible => self.charge(DRAWING),
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        self.outline(&clip.path, Affine::IDENTITY);
    }

    fn push_transparency_group(&mut self, _: f32, mask: Option<SoftMask<'a>>, _: BlendMode) {
        self.mask(mask.as_ref());
        self.charge(DRAWING + 2.0 * BLOCK * (self.target.area() / 1024.0));
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        for glyph in run.glyphs() {
            match &**glyph {
                _ if matches!(mode, DrawMode::Invisible) => self.charge(DRAWING),
                Glyph::Outline(outline) => {
                    let key = outline.identifier().cache_key();
                    let path = self.outlines.entry(key).or_insert_with(|| Rc::new(outline.outline())).clone();
                    self.charge(ELEMENT * path.elements().len() as f64);
                    let props = DrawProps { transform: props.transform * glyph.transform(), ..props.clone() };
                    self.draw_path(&path, props, mode);
                }
                Glyph::Type3(type3) => {
                    self.charge(DRAWING);
                    self.within(|meter| {
                        type3.interpret(meter, props.transform, glyph.transform(), &props.paint);
                    });
                }
            }
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.mask(props.soft_mask.as_ref());
        self.picture(match &image {
            Image::Stencil(stencil) => stencil.stream(),
            Image::Raster(raster) => raster.stream(),
        });
        // Kept until the page is painted, no larger than it is seen.
        let stored = f64::from(image.width()) * f64::from(image.height());
        let part =
            props.transform.transform_rect_bbox(Rect::new(0.0, 0.0, image.width().into(), image.height().into()));
        self.charge(DRAWING + 4.0 * stored.min(part.area() + 1.0));
        if let (true, Image::Stencil(stencil)) = (self.patterns, &image) {
            // What it is painted with is told with its pixels only.
            let mut paint = None;
            stencil.with_stencil(|_, with| paint = Some(with.clone()), Some((1, 1)));
            if let Some(paint @ Paint::Pattern(_)) = paint {
                self.charge(8.0 * self.target.area());
                self.painted(&paint, part, false);
            }
        }
    }

    fn pop_clip(&mut self) {
        self.charge(0.0);
    }

    fn pop_transparency_group(&mut self) {
        self.charge(0.0);
    }
}
