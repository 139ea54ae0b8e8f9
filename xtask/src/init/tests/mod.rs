//! Tables of applications and what is made of them.

mod creators;
mod edits;
mod manifests;
mod places;
mod versions;
