#ifdef GL_ES
#ifdef GL_FRAGMENT_PRECISION_HIGH
precision highp float;
#else
precision mediump float;
#endif
#endif

#if NEW_INTERFACE
#define VARYING in
out vec4 f_colour;
#else
#define VARYING varying
#define f_colour gl_FragColor
#endif

// The faces: xyz points out, w is the distance from the centre.
uniform vec4 u_planes[PLANES_MAX];
uniform int u_count;
// Half the canvas in units of its shorter half.
uniform vec2 u_extent;
// One pixel in the same units.
uniform float u_pixel;
uniform vec3 u_colour;
// No corner is further from the centre of the canvas; the rest need not be looked at.
uniform float u_reach;

VARYING vec2 v_place;

const float INDEX = 1.9;
const float CAMERA = 4.0;
// Half the angle of view: a stone of size 1 just fits.
const float SPREAD = 0.27;
const int BOUNCES = 5;

// The room around the stone: a bright ceiling, a dark floor, two lamps.
vec3 room(vec3 d) {
    vec3 light = mix(vec3(0.03, 0.04, 0.07), vec3(0.85, 0.93, 1.0), smoothstep(-0.5, 0.9, d.y));
    light += 3.0 * smoothstep(0.90, 0.97, dot(d, vec3(0.456, 0.729, 0.510)));
    light += 1.6 * smoothstep(0.82, 0.95, dot(d, vec3(-0.733, 0.262, 0.628)));
    return light;
}

// Follows a ray inside the stone until it comes out, and says what it sees there.
vec3 inside(vec3 p, vec3 d) {
    vec3 light = vec3(0.0);
    float way = 0.0;
    float left = 1.0;
    for (int bounce = 0; bounce < BOUNCES; bounce++) {
        float far = 1e9;
        vec3 n = vec3(0.0, 1.0, 0.0);
        for (int i = 0; i < PLANES_MAX; i++) {
            if (i >= u_count) break;
            float slope = dot(u_planes[i].xyz, d);
            float t = (u_planes[i].w - dot(u_planes[i].xyz, p)) / max(slope, 1e-6);
            if (slope > 1e-6 && t < far) {
                far = t;
                n = u_planes[i].xyz;
            }
        }
        way += far;
        p += d * far;
        vec3 absorbed = exp(-1.1 * way * (vec3(1.0) - u_colour));
        vec3 outward = refract(d, -n, INDEX);
        if (dot(outward, outward) > 0.0) {
            return light + left * absorbed * room(outward);
        }
        // Total reflection: a little light is lost to the face, the rest goes on.
        light += 0.06 * left * absorbed * room(d);
        left *= 0.94;
        d = reflect(d, n);
    }
    // Still inside: what is left comes out somewhere.
    return light + 0.4 * left * u_colour * room(d);
}

void main() {
    if (length(v_place * u_extent) > u_reach) {
        f_colour = vec4(0.0);
        return;
    }
    vec3 eye = vec3(0.0, 0.0, CAMERA);
    vec3 d = normalize(vec3(v_place * u_extent * SPREAD, -1.0));

    // A convex solid is hit where the last front face is entered before the first back face.
    float near = -1e9;
    float second = -1e9;
    float far = 1e9;
    vec3 n = vec3(0.0);
    for (int i = 0; i < PLANES_MAX; i++) {
        if (i >= u_count) break;
        float slope = dot(u_planes[i].xyz, d);
        // A ray along a face must not slip through it, and 1/0 must not happen.
        if (abs(slope) < 1e-6) slope = 1e-6;
        float gap = u_planes[i].w - dot(u_planes[i].xyz, eye);
        float t = gap / slope;
        if (slope >= 0.0) {
            far = min(far, t);
        } else if (t > near) {
            second = near;
            near = t;
            n = u_planes[i].xyz;
        } else {
            second = max(second, t);
        }
    }
    float soft = 3.0 * u_pixel;
    float coverage = smoothstep(0.0, soft, far - near);
    if (coverage <= 0.0) {
        f_colour = vec4(0.0);
        return;
    }

    float facing = clamp(-dot(n, d), 0.0, 1.0);
    float mirror = 0.05 + 0.95 * pow(1.0 - facing, 5.0);
    vec3 light = inside(eye + d * near, refract(d, n, 1.0 / INDEX));
    light = mix(light, room(reflect(d, n)), mirror);
    light += 0.18 * (1.0 - smoothstep(0.0, soft, near - second)) * (0.4 + u_colour);
    // Tame the lamps, then encode for the screen.
    light = pow(light / (0.75 + light) * 1.25, vec3(1.0 / 2.2));
    f_colour = vec4(min(light, vec3(1.0)) * coverage, coverage);
}
