use super::{detect::find, *};
use crate::pixmap::Pixmap;
use crate::pixmap::{Orientation, Plane};
use proptest::prelude::*;

/// A drawn face before a light wall, `size` pixels from brow to chin, centred at (x, y).
fn portrait(faces: &[(f32, f32, f32)], w: u32, h: u32, light: f32) -> View {
    let blob = |x: f32, y: f32, rx: f32, ry: f32| (-(x / rx).powi(2) - (y / ry).powi(2)).exp();
    let inside = |x: f32, y: f32, rx: f32, ry: f32| 1.0 / (1.0 + (14.0 * ((x / rx).hypot(y / ry) - 1.0)).exp());
    let shade = |x: f32, y: f32| {
        let mut v = 205.0f32;
        for (cx, cy, size) in faces {
            let (x, y) = ((x - cx) / size, (y - cy) / size);
            let ax = x.abs();
            let mut f = 188.0 - 45.0 * ax - 12.0 * y;
            f -= 95.0 * blob(ax - 0.2, y + 0.2, 0.09, 0.035); // eyes
            f -= 70.0 * blob(ax - 0.2, y + 0.31, 0.13, 0.03); // brows
            f -= 22.0 * blob(ax - 0.2, y + 0.24, 0.15, 0.12); // sockets
            f += 18.0 * blob(x, y + 0.02, 0.04, 0.16); // nose
            f -= 55.0 * blob(ax - 0.06, y - 0.12, 0.035, 0.02); // nostrils
            f -= 18.0 * blob(x, y - 0.16, 0.14, 0.035);
            f -= 70.0 * blob(x, y - 0.3, 0.16, 0.03); // mouth
            f -= 15.0 * blob(x, y - 0.38, 0.12, 0.03);
            let hair = inside(x, y + 0.16, 0.58, 0.72);
            let face = inside(x, y, 0.46, 0.62);
            let neck = inside(x, y - 0.95, 0.28, 0.5).max(inside(x, y - 1.55, 1.1, 0.6));
            v = v * (1.0 - neck) + 95.0 * neck;
            v = v * (1.0 - hair) + 60.0 * hair;
            v = v * (1.0 - face) + f * face;
        }
        (v * light).clamp(0.0, 255.0) as u8
    };
    let pixels = (0..h).flat_map(|y| (0..w).map(move |x| (x as f32, y as f32)));
    let data = pixels.flat_map(|(x, y)| [shade(x, y); 3]).collect();
    View::from_pixmap(&Pixmap::new(w, h, data).unwrap(), 1)
}

#[test]
fn a_portrait_has_one_face_where_it_is() {
    for light in [1.0, 0.2] {
        let faces = find(&portrait(&[(300.0, 320.0, 180.0)], 600, 800, light));
        assert_eq!((faces.people(), faces.turned), (1, 0), "{faces:?}");
        let b = faces.boxes[0];
        assert!((b.x + b.w / 2.0 - 300.0).abs() < 30.0 && (b.y + b.h / 2.0 - 320.0).abs() < 40.0, "{b:?}");
        assert!((b.w / 200.0 - 1.0).abs() < 0.4, "{b:?}");
    }
}

#[test]
fn two_are_two_and_a_small_one_behind_is_none() {
    let two = find(&portrait(&[(220.0, 300.0, 150.0), (580.0, 320.0, 150.0)], 800, 700, 1.0));
    assert_eq!(two.people(), 2, "{two:?}");
    let behind = find(&portrait(&[(300.0, 420.0, 220.0), (690.0, 130.0, 70.0)], 800, 800, 1.0));
    assert_eq!(behind.people(), 1, "{behind:?}");
}

#[test]
fn a_picture_on_its_side_says_which_way_to_turn_it() {
    for (stored, turned) in [(Orientation::Turned90, 270), (Orientation::Turned180, 180), (Orientation::Turned270, 90)]
    {
        let view = portrait(&[(300.0, 300.0, 200.0)], 600, 700, 1.0).oriented(stored);
        let faces = find(&view);
        assert_eq!((faces.people(), faces.turned), (1, turned), "{faces:?}");
        let b = faces.boxes[0];
        let (x, y) = match stored {
            Orientation::Turned90 => (400.0, 300.0),
            Orientation::Turned180 => (300.0, 400.0),
            _ => (300.0, 300.0),
        };
        assert!((b.x + b.w / 2.0 - x).abs() < 40.0 && (b.y + b.h / 2.0 - y).abs() < 40.0, "{b:?}");
    }
}

#[test]
fn a_wall_has_no_face() {
    assert_eq!(find(&portrait(&[], 500, 400, 1.0)), Faces::default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_size_and_any_noise_are_survived(
        w in 1u32..120, h in 1u32..120, bytes in proptest::collection::vec(any::<u8>(), 120 * 120),
    ) {
        let plane = Plane::new(w, h, bytes[..(w * h) as usize].to_vec()).unwrap();
        let faces = find(&View { luma: plane, chroma: None, width: w, height: h, blocks: Vec::new() });
        prop_assert!(faces.boxes.iter().all(|b| b.w > 0.0 && b.score >= 3.0));
    }
}
