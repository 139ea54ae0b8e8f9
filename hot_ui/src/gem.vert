#if NEW_INTERFACE
#define ATTRIBUTE in
#define VARYING out
#else
#define ATTRIBUTE attribute
#define VARYING varying
#endif

ATTRIBUTE vec2 a_corner;
VARYING vec2 v_place;

void main() {
    v_place = a_corner;
    gl_Position = vec4(a_corner, 0.0, 1.0);
}
