//! The stone as geometry: a convex solid is the inside of a few planes.
//!
//! Pure numbers, no GL: the canvas rotates the planes, the shader looks through them.

use state::{Canvas, Cut};

/// A plane: unit normal pointing out, and its distance from the centre.
pub(crate) type Plane = [f32; 4];

/// The most planes a stone has; the size of the array in the shader.
pub(crate) const PLANES_MAX: usize = 20;

/// Where the planes of a stone are, as seen from the camera; its corners are `size` from the
/// centre, or less.
pub(crate) fn planes(canvas: &Canvas) -> Vec<Plane> {
    let turn = |[x, y, z, distance]: Plane| {
        let (sin, cos) = canvas.yaw.sin_cos();
        let (x, z) = (cos * x + sin * z, cos * z - sin * x);
        let (sin, cos) = canvas.pitch.sin_cos();
        let (y, z) = (cos * y - sin * z, cos * z + sin * y);
        [x, y, z, distance * canvas.size]
    };
    cut(canvas.cut).into_iter().map(turn).collect()
}

fn cut(cut: Cut) -> Vec<Plane> {
    // The golden ratio, which rules the solids with pentagons.
    let phi = (1.0 + 5.0_f32.sqrt()) / 2.0;
    match cut {
        Cut::Cube => regular(&cyclic(&signs([1.0, 0.0, 0.0])), 1.0 / 3.0_f32.sqrt()),
        Cut::Octahedron => regular(&signs([1.0, 1.0, 1.0]), 1.0 / 3.0_f32.sqrt()),
        Cut::Dodecahedron => regular(&cyclic(&signs([0.0, 1.0, phi])), 0.7947),
        Cut::Icosahedron => {
            let mut normals = cyclic(&signs([0.0, 1.0 / phi, phi]));
            normals.extend(signs([1.0, 1.0, 1.0]));
            regular(&normals, 0.7947)
        }
        Cut::Brilliant => brilliant(),
    }
}

/// A table on top, eight facets around it, and eight that meet in the point below.
fn brilliant() -> Vec<Plane> {
    /// Angles between facet and girdle, close to what lets a diamond sparkle.
    const CROWN_DEGREES: f32 = 35.0;
    const PAVILION_DEGREES: f32 = 41.0;
    /// How far the facets are from the centre.
    const CROWN_DISTANCE: f32 = 0.68;
    const PAVILION_DISTANCE: f32 = 0.58;
    const TABLE_HEIGHT: f32 = 0.38;

    let facet = |n: f32, degrees: f32, up: f32, distance| {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (z, x) = (n * std::f32::consts::FRAC_PI_4).sin_cos();
        [x * sin, up * cos, z * sin, distance]
    };
    let crown = (0_u8..8).map(|n| facet(f32::from(n), CROWN_DEGREES, 1.0, CROWN_DISTANCE));
    let pavilion =
        (0_u8..8).map(|n| facet(f32::from(n) + 0.5, PAVILION_DEGREES, -1.0, PAVILION_DISTANCE));
    std::iter::once([0.0, 1.0, 0.0, TABLE_HEIGHT]).chain(crown).chain(pavilion).collect()
}

/// Planes at equal distance, one for each direction.
fn regular(directions: &[[f32; 3]], distance: f32) -> Vec<Plane> {
    let plane = |&[x, y, z]: &[f32; 3]| {
        let length = (x * x + y * y + z * z).sqrt();
        [x / length, y / length, z / length, distance]
    };
    directions.iter().map(plane).collect()
}

/// The vector with every choice of signs, without doubles.
fn signs([x, y, z]: [f32; 3]) -> Vec<[f32; 3]> {
    let mut all = Vec::new();
    for n in 0..8 {
        let sign = |bit: u8| if n & bit == 0 { 1.0 } else { -1.0 };
        let vector = [x * sign(1), y * sign(2), z * sign(4)];
        if !all.contains(&vector) {
            all.push(vector);
        }
    }
    all
}

/// Each vector with its coordinates passed on in a circle.
fn cyclic(vectors: &[[f32; 3]]) -> Vec<[f32; 3]> {
    vectors.iter().flat_map(|&[x, y, z]| [[x, y, z], [y, z, x], [z, x, y]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cut_has_its_faces_and_fits_the_shader() {
        for (cut, faces) in Cut::ALL.into_iter().zip([6, 8, 12, 20, 17]) {
            let planes = planes(&Canvas { cut, size: 1.0, ..Canvas::default() });
            assert_eq!(planes.len(), faces, "{cut:?}");
            assert!(planes.len() <= PLANES_MAX, "{cut:?}");
            for [x, y, z, distance] in planes {
                let length = (x * x + y * y + z * z).sqrt();
                assert!((length - 1.0).abs() < 1e-5, "{cut:?}: a normal of length {length}");
                assert!(distance > 0.0, "{cut:?}: the centre is outside");
            }
        }
    }

    #[test]
    fn turning_by_a_quarter_swaps_the_axes() {
        let turned = |yaw, pitch| {
            let canvas = Canvas { cut: Cut::Cube, size: 1.0, yaw, pitch, ..Canvas::default() };
            planes(&canvas)[0]
        };
        let near = |a: Plane, b: [f32; 3]| (0..3).all(|n| (a[n] - b[n]).abs() < 1e-6);
        let quarter = std::f32::consts::FRAC_PI_2;
        assert!(near(turned(0.0, 0.0), [1.0, 0.0, 0.0]));
        assert!(near(turned(quarter, 0.0), [0.0, 0.0, -1.0]));
        assert!(near(turned(quarter, quarter), [0.0, 1.0, 0.0]));
    }
}
