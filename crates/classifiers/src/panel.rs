//! A panel: a generalist of all classes, and specialists that each know a field of them better (Hinton et
//! al. 2015, section 5).

mod answers;
mod combining;
mod fields;
mod specialist;
