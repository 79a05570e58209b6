//! Drawing a page by hayro, on white.

use super::excerpt::Excerpt;
use crate::{
    aside::aside,
    decode::Decoded,
    fault::Refusal,
    options::Limits,
    pixmap::{Samples, View, ViewRows},
};
use hayro::{
    RenderCache, RenderSettings,
    hayro_interpret::{InterpreterSettings, TransformExt},
    hayro_syntax::Pdf,
    kurbo::Affine,
    vello_cpu::color::palette::css::WHITE,
};

/// Draws the one page of a PDF at `scale` pixels a point.
///
/// hayro cannot be stopped, so that what it would record is held against the limits first. It runs in a thread of its
/// own all the same: a page that is not done in [`Limits::max_render`] is given up, and what the thread then still does
/// is bounded by that count.
pub fn draw(excerpt: Excerpt, scale: f32, limits: &Limits) -> Result<Decoded<View>, Refusal> {
    let own = limits.clone();
    let drawn = aside("PDF", limits.max_render, limits, move || page(excerpt, scale, &own))?;
    let most = limits.max_render.as_millis() as u64;
    let what = "milliseconds to draw the PDF's first page";
    let picture = drawn.ok_or(Refusal::Limit { what, needed: most.saturating_add(1), limit: most })??;
    Ok(Decoded { picture, faults: Vec::new() })
}

fn page(excerpt: Excerpt, scale: f32, limits: &Limits) -> Result<View, Refusal> {
    let unreadable = || Refusal::unreadable("the PDF's first page cannot be drawn");
    let Excerpt { pdf, patterns, program, components } = excerpt;
    let pdf = Pdf::new(pdf).map_err(|_| unreadable())?;
    let page = pdf.pages().first().ok_or_else(unreadable)?;
    // hayro rounds the size down; a hair more keeps a scan's pixels one to one.
    let (across, down) = page.render_dimensions();
    let fit = |side: f32| ((side * scale).round().max(1.0) + 0.01) / side;
    let settings = hayro::PixmapSettings { x_scale: fit(across), y_scale: fit(down), bg_color: WHITE };
    let interpreter = InterpreterSettings::default();
    let (x, y) = (f64::from(settings.x_scale), f64::from(settings.y_scale));
    let transform = Affine::scale_non_uniform(x, y) * page.initial_transform(true).to_kurbo();
    let size = (f64::from(across) * x, f64::from(down) * y);
    super::meter::hold(page, transform, size, &interpreter, (patterns, program, components), limits)?;
    let drawn = hayro::render(page, &RenderCache::new(), &interpreter, &RenderSettings::default(), &settings);
    let (width, height) = (u32::from(drawn.width()), u32::from(drawn.height()));
    // White lies beneath everything, so that alpha is full and nothing has to be divided by it.
    let mut rows = ViewRows::new(width, height, View::reduction(width, height), Samples::Rgbx);
    for row in drawn.data_as_u8_slice().chunks_exact((width as usize * 4).max(4)) {
        rows.push(row);
    }
    rows.finish().ok_or_else(unreadable)
}
