//! Draws the synthetic documents that tests, benches and `testdata/` use. Nothing in them is a real person's: names and
//! numbers are invented, the portrait is ellipses.
//!
//! Included by path (`#[path = "…/testdata/paint.rs"] mod paint;`), so not every user calls every function.
#![allow(dead_code, clippy::needless_range_loop)]

/// An RGB picture, three bytes a pixel, row after row.
#[derive(Clone)]
pub struct Canvas {
    pub width: usize,
    pub height: usize,
    pub rgb: Vec<u8>,
}

pub type Rgb = [u8; 3];

impl Canvas {
    pub fn new(width: usize, height: usize, colour: Rgb) -> Self {
        Self { width, height, rgb: colour.repeat(width * height) }
    }

    pub fn set(&mut self, x: isize, y: isize, colour: Rgb) {
        if (0..self.width as isize).contains(&x) && (0..self.height as isize).contains(&y) {
            let at = (y as usize * self.width + x as usize) * 3;
            self.rgb[at..at + 3].copy_from_slice(&colour);
        }
    }

    pub fn get(&self, x: isize, y: isize) -> Rgb {
        let x = x.clamp(0, self.width as isize - 1) as usize;
        let y = y.clamp(0, self.height as isize - 1) as usize;
        let at = (y * self.width + x) * 3;
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    pub fn rect(&mut self, x: usize, y: usize, w: usize, h: usize, colour: Rgb) {
        for y in y..y + h {
            for x in x..x + w {
                self.set(x as isize, y as isize, colour);
            }
        }
    }

    pub fn ellipse(&mut self, cx: f32, cy: f32, rx: f32, ry: f32, colour: Rgb) {
        for y in (cy - ry) as isize..=(cy + ry) as isize {
            for x in (cx - rx) as isize..=(cx + rx) as isize {
                let (dx, dy) = ((x as f32 - cx) / rx, (y as f32 - cy) / ry);
                if dx * dx + dy * dy <= 1.0 {
                    // A little light from the left, so that a face has depth.
                    let shade = 1.0 - 0.18 * dx.max(0.0) - 0.08 * dy.max(0.0);
                    self.set(x, y, colour.map(|c| (f32::from(c) * shade) as u8));
                }
            }
        }
    }

    /// Text of 5x7 dots, each `dot` pixels wide; returns the x behind it.
    pub fn text(&mut self, x: usize, y: usize, dot: usize, text: &str, colour: Rgb) -> usize {
        let mut at = x;
        for character in text.chars() {
            for (column, bits) in glyph(character).into_iter().enumerate() {
                for row in 0..7 {
                    if bits >> row & 1 == 1 {
                        self.rect(at + column * dot, y + row * dot, dot, dot, colour);
                    }
                }
            }
            at += 6 * dot;
        }
        at
    }

    pub fn fill_face(&mut self, cx: f32, cy: f32, size: f32) {
        let part = |v: f32| v * size;
        let (skin, hair, dark) = ([224, 180, 150], [70, 48, 36], [40, 30, 30]);
        self.ellipse(cx, cy + part(0.95), part(0.85), part(0.45), [60, 80, 120]);
        self.ellipse(cx, cy + part(0.45), part(0.2), part(0.3), [205, 160, 132]);
        self.ellipse(cx, cy - part(0.1), part(0.46), part(0.58), hair);
        self.ellipse(cx, cy, part(0.4), part(0.52), skin);
        for side in [-1.0, 1.0] {
            let x = cx + side * part(0.16);
            self.ellipse(x, cy - part(0.17), part(0.1), part(0.025), hair);
            self.ellipse(x, cy - part(0.08), part(0.085), part(0.045), [245, 245, 245]);
            self.ellipse(x, cy - part(0.08), part(0.04), part(0.042), dark);
            self.ellipse(cx + side * part(0.2), cy + part(0.12), part(0.09), part(0.07), [226, 168, 144]);
        }
        self.ellipse(cx + part(0.02), cy + part(0.06), part(0.05), part(0.12), [205, 158, 130]);
        self.ellipse(cx, cy + part(0.15), part(0.07), part(0.03), [190, 140, 115]);
        self.ellipse(cx, cy + part(0.28), part(0.14), part(0.045), [176, 84, 84]);
    }
}

/// The artwork of a card of the proportions of ID-1 (85.6 x 53.98 mm), 1712 x 1080 pixels.
pub fn card_front() -> Canvas {
    let mut card = guilloche([226, 232, 240], [196, 208, 226]);
    let ink = [26, 30, 44];
    card.text(70, 50, 9, "REPUBLIC OF UTOPIA", [34, 60, 120]);
    card.text(70, 132, 6, "IDENTITY CARD", ink);
    card.rect(70, 220, 470, 600, [206, 214, 222]);
    card.fill_face(305.0, 500.0, 270.0);
    card.rect(0, 820, 1712, 260, [232, 236, 242]);
    let fields = [
        ("SURNAME", "SPECIMEN"),
        ("GIVEN NAMES", "ADA MARIE"),
        ("DATE OF BIRTH", "14.03.1988"),
        ("CARD NO.", "UT4471902"),
        ("EXPIRES", "02.09.2031"),
    ];
    for (i, (label, value)) in fields.into_iter().enumerate() {
        card.text(600, 220 + i * 118, 4, label, [96, 104, 124]);
        card.text(600, 256 + i * 118, 7, value, ink);
    }
    mrz(
        &mut card,
        ["I<UTOUT44719027<<<<<<<<<<<<<<<", "8803142F3109024UTO<<<<<<<<<<<4", "SPECIMEN<<ADA<MARIE<<<<<<<<<<<"],
    );
    card
}

/// The back of the same card.
pub fn card_back() -> Canvas {
    let mut card = guilloche([232, 238, 230], [206, 220, 204]);
    let ink = [26, 30, 44];
    card.rect(0, 60, 1712, 150, [60, 58, 56]);
    for (i, line) in
        ["PLACE OF BIRTH", "PORT AMAUROT", "ADDRESS", "12 HARBOUR STREET", "ISSUED 02.09.2021"].iter().enumerate()
    {
        card.text(80, 270 + i * 92, if i % 2 == 0 { 5 } else { 7 }, line, ink);
    }
    // A barcode.
    let mut x = 1100;
    for i in 0..64_usize {
        let width = 3 + (i * 7 + i * i) % 8;
        if i % 2 == 0 {
            card.rect(x, 300, width, 330, ink);
        }
        x += width;
    }
    mrz(
        &mut card,
        ["UT4471902<<SERIES<B<<<<<<<<<<<", "0209202102092031<<<<<<<<<<<<<<", "AMAUROT<<HARBOUR<<<<<<<<<<<<<<"],
    );
    card
}

fn guilloche(paper: Rgb, line: Rgb) -> Canvas {
    let mut card = Canvas::new(1712, 1080, paper);
    for x in 0..1712_usize {
        for wave in 0..14_usize {
            let y = 540.0 + 500.0 * ((x as f32) / (140.0 + 12.0 * wave as f32) + wave as f32).sin();
            card.rect(x, y as usize, 1, 3, line);
        }
    }
    card
}

fn mrz(card: &mut Canvas, lines: [&str; 3]) {
    for (i, line) in lines.into_iter().enumerate() {
        card.text(70, 850 + i * 72, 8, line, [20, 20, 26]);
    }
}

/// A page of the proportions of A4, 1240 x 1754 pixels: 150 dpi.
pub fn bill() -> Canvas {
    let mut page = Canvas::new(1240, 1754, [252, 252, 250]);
    let ink = [24, 24, 28];
    page.text(110, 110, 7, "AMAUROT WATER AND POWER", [20, 60, 130]);
    page.rect(110, 190, 1020, 4, [20, 60, 130]);
    let lines = [
        "ADA MARIE SPECIMEN",
        "12 HARBOUR STREET",
        "PORT AMAUROT 4471",
        "",
        "INVOICE 2026-1104",
        "PERIOD 01.10.2026 - 31.10.2026",
        "",
        "ELECTRICITY 212 KWH        41.87",
        "WATER 9.4 M3               18.02",
        "STANDING CHARGE             6.50",
        "",
        "TOTAL DUE                  66.39",
        "",
        "PAYABLE WITHIN 14 DAYS TO",
        "UT89 4471 9020 0088 0314",
    ];
    for (i, line) in lines.iter().enumerate() {
        page.text(110, 280 + i * 62, 4, line, ink);
    }
    page
}

/// A selfie of ellipses.
pub fn selfie(width: usize, height: usize) -> Canvas {
    let mut picture = Canvas::new(width, height, [178, 190, 196]);
    let size = width.min(height) as f32 * 0.62;
    picture.fill_face(width as f32 / 2.0, height as f32 * 0.45, size);
    blurred(&picture, 1.0)
}

/// How a document is photographed.
#[derive(Clone)]
pub struct Scene {
    pub width: usize,
    pub height: usize,
    /// Corners of the document in the picture, clockwise from its own top left, as shares of width and height.
    pub quad: [[f32; 2]; 4],
    pub table: Rgb,
    /// Sigma of the defocus in pixels.
    pub blur: f32,
    /// Sigma of the sensor's noise in levels.
    pub noise: f32,
    /// Share of the light.
    pub exposure: f32,
    /// Centre and radius of a reflection in shares of the picture's width.
    pub glare: Option<([f32; 2], f32)>,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            width: 1600,
            height: 1200,
            quad: [[0.12, 0.17], [0.88, 0.15], [0.9, 0.81], [0.1, 0.83]],
            table: [92, 74, 60],
            blur: 0.0,
            noise: 2.0,
            exposure: 1.0,
            glare: None,
        }
    }
}

impl Scene {
    /// The picture of `art` in this scene.
    pub fn shoot(&self, art: &Canvas) -> Canvas {
        let (w, h) = (self.width as f32, self.height as f32);
        let quad = self.quad.map(|[x, y]| [x * w, y * h]);
        let map = homography(quad, art.width as f32, art.height as f32);
        let mut picture = Canvas::new(self.width, self.height, self.table);
        // Four samples a pixel in each direction, so that small pictures of fine print do not alias.
        let n = (art.width as f32 / ((quad[1][0] - quad[0][0]).abs().max(1.0))).ceil().clamp(2.0, 4.0) as usize;
        for y in 0..self.height {
            for x in 0..self.width {
                let mut sum = [0.0_f32; 3];
                for i in 0..n * n {
                    let sx = x as f32 + ((i % n) as f32 + 0.5) / n as f32;
                    let sy = y as f32 + ((i / n) as f32 + 0.5) / n as f32;
                    let [u, v] = apply(&map, sx, sy);
                    let inside = u >= 0.0 && v >= 0.0 && u < art.width as f32 && v < art.height as f32;
                    let colour = if inside { art.get(u as isize, v as isize) } else { grain(self.table, x, y) };
                    for (s, c) in sum.iter_mut().zip(colour) {
                        *s += f32::from(c);
                    }
                }
                picture.set(x as isize, y as isize, sum.map(|s| (s / (n * n) as f32).round() as u8));
            }
        }
        let mut picture = blurred(&picture, self.blur);
        let mut random = Random(1);
        for (i, sample) in picture.rgb.iter_mut().enumerate() {
            let mut value = f32::from(*sample) * self.exposure;
            if let Some(([gx, gy], radius)) = self.glare {
                let (x, y) = ((i / 3 % self.width) as f32 / w, (i / 3 / self.width) as f32 / w);
                let distance = (x - gx).hypot(y - gy * h / w) / radius;
                value += 420.0 * (-distance.powi(4)).exp();
            }
            *sample = (value + random.gauss() * self.noise).round().clamp(0.0, 255.0) as u8;
        }
        picture
    }
}

/// Wood, roughly.
fn grain(table: Rgb, x: usize, y: usize) -> Rgb {
    let wave = ((x as f32 / 37.0).sin() * 3.0 + (y as f32 / 5.0 + (x as f32 / 90.0).sin() * 4.0).sin() * 4.0) as i16;
    table.map(|c| (i16::from(c) + wave).clamp(0, 255) as u8)
}

/// Gaussian blur of this sigma in pixels, by three boxes each way.
pub fn blurred(picture: &Canvas, sigma: f32) -> Canvas {
    let radius = ((4.0 * sigma * sigma + 1.0).sqrt() / 2.0 - 0.5).round() as usize;
    if radius == 0 {
        return picture.clone();
    }
    let mut data = picture.rgb.iter().map(|v| f32::from(*v)).collect::<Vec<_>>();
    let (w, h) = (picture.width, picture.height);
    for _ in 0..3 {
        for channel in 0..3 {
            for y in 0..h {
                box_line(&mut data, y * w * 3 + channel, 3, w, radius);
            }
            for x in 0..w {
                box_line(&mut data, x * 3 + channel, w * 3, h, radius);
            }
        }
    }
    Canvas { width: w, height: h, rgb: data.into_iter().map(|v| v.round().clamp(0.0, 255.0) as u8).collect() }
}

fn box_line(data: &mut [f32], start: usize, step: usize, length: usize, radius: usize) {
    let line: Vec<f32> = (0..length).map(|i| data[start + i * step]).collect();
    let at = |i: isize| line[i.clamp(0, length as isize - 1) as usize];
    let r = radius as isize;
    let mut sum: f32 = (-r..=r).map(at).sum();
    for i in 0..length {
        data[start + i * step] = sum / (2 * radius + 1) as f32;
        sum += at(i as isize + r + 1) - at(i as isize - r);
    }
}

/// The map from the picture to the artwork: `(x, y, 1) -> (u w, v w, w)`, row by row.
fn homography(quad: [[f32; 2]; 4], width: f32, height: f32) -> [f64; 8] {
    let target = [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]];
    let mut a = [[0.0_f64; 9]; 8];
    for (i, ([x, y], [u, v])) in quad.into_iter().zip(target).enumerate() {
        let (x, y, u, v) = (f64::from(x), f64::from(y), f64::from(u), f64::from(v));
        a[2 * i] = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u];
        a[2 * i + 1] = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v];
    }
    for i in 0..8 {
        let pivot = (i..8).max_by(|p, q| a[*p][i].abs().total_cmp(&a[*q][i].abs())).unwrap();
        a.swap(i, pivot);
        for j in 0..8 {
            if j != i {
                let factor = a[j][i] / a[i][i];
                for k in i..9 {
                    a[j][k] -= factor * a[i][k];
                }
            }
        }
    }
    std::array::from_fn(|i| a[i][8] / a[i][i])
}

fn apply(m: &[f64; 8], x: f32, y: f32) -> [f32; 2] {
    let (x, y) = (f64::from(x), f64::from(y));
    let w = m[6] * x + m[7] * y + 1.0;
    [((m[0] * x + m[1] * y + m[2]) / w) as f32, ((m[3] * x + m[4] * y + m[5]) / w) as f32]
}

/// Numbers that are the same everywhere (Numerical Recipes' linear congruence).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }

    /// Mean 0, sigma 1, near enough.
    pub fn gauss(&mut self) -> f32 {
        (0..4).map(|_| self.next()).sum::<f32>() * 1.732 - 3.464
    }
}

/// Columns of a 5x7 dot matrix, the top row in the lowest bit.
fn glyph(character: char) -> [u8; 5] {
    match character {
        '0' => [0x3E, 0x51, 0x49, 0x45, 0x3E],
        '1' => [0x00, 0x42, 0x7F, 0x40, 0x00],
        '2' => [0x42, 0x61, 0x51, 0x49, 0x46],
        '3' => [0x21, 0x41, 0x45, 0x4B, 0x31],
        '4' => [0x18, 0x14, 0x12, 0x7F, 0x10],
        '5' => [0x27, 0x45, 0x45, 0x45, 0x39],
        '6' => [0x3C, 0x4A, 0x49, 0x49, 0x30],
        '7' => [0x01, 0x71, 0x09, 0x05, 0x03],
        '8' => [0x36, 0x49, 0x49, 0x49, 0x36],
        '9' => [0x06, 0x49, 0x49, 0x29, 0x1E],
        'A' => [0x7E, 0x11, 0x11, 0x11, 0x7E],
        'B' => [0x7F, 0x49, 0x49, 0x49, 0x36],
        'C' => [0x3E, 0x41, 0x41, 0x41, 0x22],
        'D' => [0x7F, 0x41, 0x41, 0x22, 0x1C],
        'E' => [0x7F, 0x49, 0x49, 0x49, 0x41],
        'F' => [0x7F, 0x09, 0x09, 0x09, 0x01],
        'G' => [0x3E, 0x41, 0x49, 0x49, 0x7A],
        'H' => [0x7F, 0x08, 0x08, 0x08, 0x7F],
        'I' => [0x00, 0x41, 0x7F, 0x41, 0x00],
        'J' => [0x20, 0x40, 0x41, 0x3F, 0x01],
        'K' => [0x7F, 0x08, 0x14, 0x22, 0x41],
        'L' => [0x7F, 0x40, 0x40, 0x40, 0x40],
        'M' => [0x7F, 0x02, 0x0C, 0x02, 0x7F],
        'N' => [0x7F, 0x04, 0x08, 0x10, 0x7F],
        'O' => [0x3E, 0x41, 0x41, 0x41, 0x3E],
        'P' => [0x7F, 0x09, 0x09, 0x09, 0x06],
        'Q' => [0x3E, 0x41, 0x51, 0x21, 0x5E],
        'R' => [0x7F, 0x09, 0x19, 0x29, 0x46],
        'S' => [0x46, 0x49, 0x49, 0x49, 0x31],
        'T' => [0x01, 0x01, 0x7F, 0x01, 0x01],
        'U' => [0x3F, 0x40, 0x40, 0x40, 0x3F],
        'V' => [0x1F, 0x20, 0x40, 0x20, 0x1F],
        'W' => [0x3F, 0x40, 0x38, 0x40, 0x3F],
        'X' => [0x63, 0x14, 0x08, 0x14, 0x63],
        'Y' => [0x07, 0x08, 0x70, 0x08, 0x07],
        'Z' => [0x61, 0x51, 0x49, 0x45, 0x43],
        '<' => [0x08, 0x14, 0x22, 0x41, 0x00],
        '-' => [0x08; 5],
        '.' => [0x00, 0x60, 0x60, 0x00, 0x00],
        ':' => [0x00, 0x36, 0x36, 0x00, 0x00],
        '/' => [0x20, 0x10, 0x08, 0x04, 0x02],
        _ => [0; 5],
    }
}
