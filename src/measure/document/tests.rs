use super::{Document, Proportions, Side, find, pose::Homography};
use crate::pixmap::{Pixmap, View};
use proptest::prelude::*;

const W: usize = 1000;
const H: usize = 750;

/// A card before a backdrop.
#[derive(Clone, Debug)]
struct Scene {
    centre: [f32; 2],
    width: f32,
    turned: f32,
    /// By how much the right side is shorter than the left one.
    slant: f32,
    paper: [f32; 3],
    backdrop: [f32; 3],
    /// Radius of a box blur, applied twice.
    blur: usize,
    /// Standard deviation, about, of the noise.
    noise: f32,
    light: f32,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            centre: [500.0, 375.0],
            width: 600.0,
            turned: 4.0,
            slant: 0.03,
            paper: [225.0, 220.0, 235.0],
            backdrop: [90.0, 80.0, 70.0],
            blur: 1,
            noise: 2.0,
            light: 1.0,
        }
    }
}

/// What is printed at a place of the card.
fn artwork(u: f32, v: f32, paper: [f32; 3]) -> [f32; 3] {
    let within = |a: f32, b: f32, c: f32, d: f32| (a..b).contains(&u) && (c..d).contains(&v);
    let letters = ((u * 90.0) as u32 * 7 + (v * 14.0) as u32 * 13) % 5 < 3 && (u * 90.0).fract() < 0.6;
    if within(0.05, 0.32, 0.22, 0.72) {
        [110.0, 100.0, 95.0]
    } else if (within(0.38, 0.85, 0.1, 0.75) || within(0.05, 0.95, 0.8, 0.95)) && (v * 14.0).fract() < 0.5 && letters {
        [40.0, 40.0, 45.0]
    } else {
        paper
    }
}

impl Scene {
    fn quad(&self) -> [[f32; 2]; 4] {
        let (w, h) = (self.width / 2.0, self.width / 2.0 / 1.586);
        let (s, c) = self.turned.to_radians().sin_cos();
        [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(|(x, y)| {
            let (x, y) = (x * w, y * h * if x > 0.0 { 1.0 - self.slant } else { 1.0 });
            [self.centre[0] + c * x - s * y, self.centre[1] + s * x + c * y]
        })
    }

    fn view(&self) -> View {
        let mut px = vec![self.backdrop; W * H];
        let map = Homography::onto(&self.quad());
        let (nu, nv) = ((self.width * 2.0) as u32, (self.width * 1.3) as u32);
        for i in 0..nu {
            for j in 0..nv {
                let (u, v) = ((i as f32 + 0.5) / nu as f32, (j as f32 + 0.5) / nv as f32);
                let [x, y] = map.apply(u, v);
                if (0.0..W as f32).contains(&x) && (0.0..H as f32).contains(&y) {
                    px[y as usize * W + x as usize] = artwork(u, v, self.paper);
                }
            }
        }
        for _ in 0..2 {
            px = blurred(&px, self.blur);
        }
        let mut seed = 1u32;
        let mut noise = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((seed >> 16) as f32 / 65536.0 - 0.5) * 3.5 * self.noise
        };
        let data = px.iter().flatten().map(|v| (v * self.light + noise()).round().clamp(0.0, 255.0) as u8).collect();
        View::from_pixmap(&Pixmap::new(W as u32, H as u32, data).unwrap(), 1)
    }
}

fn blurred(px: &[[f32; 3]], r: usize) -> Vec<[f32; 3]> {
    let mean = |of: &dyn Fn(usize) -> [f32; 3], at: usize, n: usize| {
        let (from, to) = (at.saturating_sub(r), (at + r).min(n - 1));
        (from..=to).map(of).fold([0.0; 3], |s, v| [0, 1, 2].map(|k| s[k] + v[k] / (to - from + 1) as f32))
    };
    let rows: Vec<_> = (0..W * H).map(|i| mean(&|x| px[i / W * W + x], i % W, W)).collect();
    (0..W * H).map(|i| mean(&|y| rows[y * W + i % W], i / W, H)).collect()
}

/// The largest distance of a corner from where it should be, as a share of the card's width.
fn off(found: &Document, scene: &Scene) -> f32 {
    let pairs = found.quad.iter().zip(scene.quad());
    pairs.map(|(p, q)| super::pose::side(*p, q)).fold(0.0, f32::max) / scene.width
}

#[test]
fn cards_are_found_on_all_kinds_of_ground() {
    let plain = Scene::default;
    let scenes = [
        ("light on dark", plain()),
        ("dark on light", Scene { paper: [90.0, 110.0, 150.0], backdrop: [215.0; 3], ..plain() }),
        ("white on white", Scene { paper: [240.0; 3], backdrop: [230.0, 229.0, 227.0], ..plain() }),
        ("same luma, other colour", Scene { paper: [200.0, 180.0, 160.0], backdrop: [160.0, 193.0, 200.0], ..plain() }),
        ("out of focus", Scene { blur: 5, ..plain() }),
        ("in the dark", Scene { light: 0.12, ..plain() }),
        ("noisy", Scene { noise: 14.0, ..plain() }),
        ("turned", Scene { turned: 33.0, width: 500.0, ..plain() }),
        ("slanted", Scene { slant: 0.2, ..plain() }),
        ("small", Scene { width: 120.0, centre: [700.0, 300.0], ..plain() }),
        ("nearly all of the picture", Scene { width: 930.0, turned: 1.0, ..plain() }),
    ];
    for (name, scene) in scenes {
        let found = find(&scene.view()).unwrap_or_else(|| panic!("{name}: nothing found"));
        assert!(off(&found, &scene) < 0.02, "{name}: {found:?}, not {:?}", scene.quad());
        assert_eq!((found.sides, found.fully_visible), ([Side::Edge; 4], true), "{name}");
        assert!(found.confidence > 0.5, "{name}: {}", found.confidence);
    }
}

#[test]
fn what_is_known_of_a_flat_card_is_right() {
    let scene = Scene { turned: 10.0, slant: 0.0, ..Scene::default() };
    let found = find(&scene.view()).unwrap();
    assert_eq!(found.pose.proportions, Proportions::Id1);
    assert!((found.pose.rotation_deg - 10.0).abs() < 0.5, "{:?}", found.pose);
    assert!(found.pose.perspective_deg < 3.0, "{:?}", found.pose);
    assert!((found.pose.across - 600.0).abs() < 5.0, "{:?}", found.pose);
    assert!((found.pose.dpi.unwrap() - 600.0 / (85.6 / 25.4)).abs() < 2.0, "{:?}", found.pose);
    assert!((found.share - 600.0 * 600.0 / 1.586 / (1000.0 * 750.0)).abs() < 0.01);
}

#[test]
fn a_card_over_the_edge_is_cut_there() {
    for (side, centre) in [(0, [500.0, 110.0]), (1, [800.0, 375.0]), (2, [500.0, 640.0]), (3, [200.0, 375.0])] {
        let scene = Scene { centre, turned: 2.0, ..Scene::default() };
        let found = find(&scene.view()).unwrap();
        assert!(!found.fully_visible, "side {side}: {found:?}");
        assert_eq!(found.cut_sides().collect::<Vec<_>>(), [side], "{found:?}");
        assert_eq!(found.pose.dpi, None);
    }
}

#[test]
fn nothing_is_found_in_nothing() {
    let blank = Scene { centre: [-2000.0, -2000.0], noise: 3.0, ..Scene::default() };
    assert_eq!(find(&blank.view()), None);
    let tiny = Pixmap::new(12, 9, vec![200; 12 * 9 * 3]).unwrap();
    assert_eq!(find(&View::from_pixmap(&tiny, 1)), None);
}

#[test]
fn a_scan_that_fills_the_picture_is_a_document_without_borders() {
    let (w, h) = (856u32, 540u32);
    let at = |i: u32, n: u32| (i as f32 + 0.5) / n as f32;
    let pixels = (0..h).flat_map(|y| (0..w).map(move |x| (x, y)));
    let data = pixels.flat_map(|(x, y)| artwork(at(x, w), at(y, h), [225.0; 3]).map(|v| v as u8)).collect();
    let found = find(&View::from_pixmap(&Pixmap::new(w, h, data).unwrap(), 1)).unwrap();
    assert!(found.borderless() && found.fully_visible, "{found:?}");
    assert_eq!(found.quad[2], [856.0, 540.0]);
    assert_eq!(found.pose.proportions, Proportions::Id1);
    assert!(found.confidence > 0.5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_card_is_found_wherever_it_lies(
        x in 380.0f32..620.0, y in 300.0f32..450.0, width in 350.0f32..640.0, turned in -15.0f32..15.0,
        slant in -0.1f32..0.1, blur in 0usize..4, noise in 0.0f32..6.0, dark in any::<bool>(),
    ) {
        let backdrop = if dark { [50.0, 55.0, 60.0] } else { [185.0, 190.0, 180.0] };
        let scene = Scene { centre: [x, y], width, turned, slant, blur, noise, backdrop, ..Scene::default() };
        let found = find(&scene.view()).unwrap();
        prop_assert!(off(&found, &scene) < 0.02, "{:?} not {:?}", found, scene.quad());
        prop_assert!(found.fully_visible);
    }

    #[test]
    fn whatever_is_in_the_picture_the_answer_is_within_bounds(
        w in 1u32..90, h in 1u32..90, bytes in proptest::collection::vec(any::<u8>(), 90 * 90 * 3),
    ) {
        let data = bytes[..(w * h * 3) as usize].to_vec();
        if let Some(found) = find(&View::from_pixmap(&Pixmap::new(w, h, data).unwrap(), 1)) {
            prop_assert!((0.0..=1.0).contains(&found.confidence) && (0.0..=1.0).contains(&found.share));
            prop_assert!(found.quad.iter().flatten().all(|v| v.is_finite()));
        }
    }
}
