//! The loops that run for every vertex and index of every frame.
//!
//! They are here, and not where they are called, because a host in development is compiled without
//! optimisation and this crate always with: in the host they would cost milliseconds a frame.

/// The largest of the indices; 0 when there are none.
///
/// ```
/// assert_eq!(hot_api::abi::mesh::largest_index(&[0, 2, 1]), 2);
/// ```
#[inline(never)]
#[must_use]
pub fn largest_index(indices: &[u32]) -> u32 {
    indices.iter().copied().max().unwrap_or(0)
}

/// Puts a module's vertices into `placed` as egui has them, enlarged by `scale` and then moved to
/// `origin`. What was there before goes; its memory is used again.
#[cfg(feature = "egui")]
#[inline(never)]
pub fn place(
    vertices: &[crate::abi::Vertex],
    origin: egui::Pos2,
    scale: f32,
    placed: &mut Vec<egui::epaint::Vertex>,
) {
    placed.clear();
    placed.extend(vertices.iter().map(|vertex| {
        let ([x, y], [u, v], [r, g, b, a]) = (vertex.pos, vertex.uv, vertex.color);
        egui::epaint::Vertex {
            pos: origin + egui::vec2(x, y) * scale,
            uv: egui::pos2(u, v),
            color: egui::Color32::from_rgba_premultiplied(r, g, b, a),
        }
    }));
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_largest_index_is_found_wherever_it_stands() {
        assert_eq!(super::largest_index(&[]), 0);
        assert_eq!(super::largest_index(&[3, 9, 1]), 9);
        assert_eq!(super::largest_index(&[u32::MAX, 0]), u32::MAX);
    }

    #[cfg(feature = "egui")]
    #[test]
    fn a_vertex_is_enlarged_and_moved_and_keeps_its_look() {
        let vertex =
            crate::abi::Vertex { pos: [2.0, 3.0], uv: [0.25, 0.5], color: [10, 20, 30, 40] };
        let mut placed = vec![egui::epaint::Vertex::default(); 3];
        super::place(&[vertex], egui::pos2(100.0, 200.0), 1.5, &mut placed);
        let expected = egui::epaint::Vertex {
            pos: egui::pos2(103.0, 204.5),
            uv: egui::pos2(0.25, 0.5),
            color: egui::Color32::from_rgba_premultiplied(10, 20, 30, 40),
        };
        assert_eq!(placed, [expected]);
    }
}
