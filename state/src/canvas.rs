//! What the OpenGL canvas shows: a cut stone, its colour, and the side it is seen from.

use serde::{Deserialize, Serialize};
use std::f32::consts::{FRAC_PI_2, TAU};

/// The stone and the camera.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Canvas {
    /// The solid it was cut to.
    pub cut: Cut,
    /// Its colour on the colour circle, 0 to 1.
    pub hue: f32,
    /// Its size relative to the canvas; 1 just fits.
    pub size: f32,
    /// Whether it turns by itself.
    pub spinning: bool,
    /// How fast, in turns a minute; negative turns the other way.
    pub turns_per_minute: f32,
    /// Turned about the upright axis, in radians, within one turn.
    pub yaw: f32,
    /// Tilted towards the viewer, in radians, at most a quarter turn either way.
    pub pitch: f32,
}

/// The solids a stone can be cut to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cut {
    /// 6 faces.
    Cube,
    /// 8 faces.
    Octahedron,
    /// 12 faces.
    Dodecahedron,
    /// 20 faces.
    Icosahedron,
    /// What jewellers do: a flat table, a crown, and a pointed pavilion.
    #[default]
    Brilliant,
}

impl Cut {
    /// All of them, by the number of faces.
    pub const ALL: [Self; 5] =
        [Self::Cube, Self::Octahedron, Self::Dodecahedron, Self::Icosahedron, Self::Brilliant];

    /// What the user reads.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cube => "Cube",
            Self::Octahedron => "Octahedron",
            Self::Dodecahedron => "Dodecahedron",
            Self::Icosahedron => "Icosahedron",
            Self::Brilliant => "Brilliant",
        }
    }
}

impl Canvas {
    /// Turns the stone by itself for `seconds`.
    pub fn advance(&mut self, seconds: f32) {
        self.turn(self.turns_per_minute / 60.0 * TAU * seconds, 0.0);
    }

    /// Turns the stone by hand, in radians.
    pub fn turn(&mut self, yaw: f32, pitch: f32) {
        self.yaw = (self.yaw + yaw).rem_euclid(TAU);
        self.pitch = (self.pitch + pitch).clamp(-FRAC_PI_2, FRAC_PI_2);
    }
}

impl Default for Canvas {
    fn default() -> Self {
        Self {
            cut: Cut::default(),
            hue: 0.55,
            size: 0.8,
            spinning: true,
            turns_per_minute: 4.0,
            yaw: 0.4,
            pitch: 0.45,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_stay_in_range_however_long_it_turns() {
        let mut canvas = Canvas { turns_per_minute: -60.0, yaw: 0.0, ..Canvas::default() };
        for _ in 0..1000 {
            canvas.advance(0.3);
            canvas.turn(0.0, 1.0);
            assert!((0.0..=TAU).contains(&canvas.yaw), "yaw {}", canvas.yaw);
            assert!(canvas.pitch <= FRAC_PI_2, "pitch {}", canvas.pitch);
        }
    }
}
