//! What a kind of cell records beside the results that all kinds have.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Record;

/// What the results of a kind of cell implement, with `#[typetag::serde(name = "...")]` in front. The name is the key
/// of their JSON.
#[typetag::serde]
pub trait DetailsSpec: Any + fmt::Debug + Send + Sync {
    /// Checks that numbers are finite and consistent with the rest of the record.
    ///
    /// # Errors
    /// A description of the first problem.
    fn check(&self, record: &Record) -> Result<(), String>;
}

/// The results that only one kind of cell has.
#[derive(Debug, Clone)]
pub struct Details(Arc<dyn DetailsSpec>);

impl Details {
    /// The results as those of type `T`, if they are.
    #[must_use]
    pub fn downcast_ref<T: DetailsSpec>(&self) -> Option<&T> {
        (&*self.0 as &dyn Any).downcast_ref()
    }

    pub(crate) fn check(&self, record: &Record) -> Result<(), String> {
        self.0.check(record)
    }
}

impl<T: DetailsSpec> From<T> for Details {
    fn from(details: T) -> Self {
        Self(Arc::new(details))
    }
}

impl PartialEq for Details {
    fn eq(&self, other: &Self) -> bool {
        let value = |details: &Self| serde_json::to_value(details).ok();
        value(self) == value(other)
    }
}

impl Serialize for Details {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Details {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<dyn DetailsSpec>::deserialize(deserializer).map(|details| Self(details.into()))
    }
}
