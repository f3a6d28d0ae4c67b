//! A cell: one unit of work of an experiment, described completely by a value.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use assay_core::{DatasetId, NetworkSpec};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The identity of a cell: the first 16 hexadecimal digits of the BLAKE3 hash of its JSON.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CellId(String);

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl CellId {
    /// The identity of a cell of one kind, or of any other value that owns random streams. Cells of different
    /// kinds have different fields, so the kind is not part of the hash.
    ///
    /// # Panics
    /// Panics if the value cannot be written as JSON.
    #[must_use]
    pub fn for_value(cell: &impl Serialize) -> Self {
        let value = serde_json::to_vec(cell).expect("a cell can be written as JSON");
        Self(blake3::hash(&value).to_hex()[..16].to_owned())
    }
}

/// The identity of a value whose type is erased.
pub trait ErasedId {
    /// Its [`CellId::for_value`].
    fn erased_id(&self) -> CellId;
}

impl<T: Serialize> ErasedId for T {
    fn erased_id(&self) -> CellId {
        CellId::for_value(self)
    }
}

/// What a kind of cell implements, with `#[typetag::serde(name = "...")]` in front. The name is the key of the
/// cell's JSON. The value determines the result of the cell completely.
///
/// Two kinds must not have the same fields: the identity is a hash of the fields, and does not include the kind.
///
/// A program can read the kinds of the crates that it links. `use the_crate as _;` links one that it does not name.
#[typetag::serde]
pub trait CellSpec: Any + fmt::Debug + Send + Sync + ErasedId {
    /// A readable name without the identity, safe as a part of a folder name.
    fn label(&self) -> String;

    /// The data set that the cell is trained and tested on.
    fn data(&self) -> &DatasetId;

    /// The cells whose results this cell needs.
    fn dependencies(&self) -> Vec<Cell> {
        Vec::new()
    }

    /// Its network, if the weights are imported from a file.
    fn imported_network(&self) -> Option<&NetworkSpec> {
        None
    }

    /// Whether it is compared with others. A trial of a learning rate is not, and neither is a cell that only trials
    /// need.
    fn is_compared(&self) -> bool {
        true
    }

    /// The cluster that it belongs to. Results of one cluster are alike, because they share a seed.
    fn cluster(&self) -> String {
        String::new()
    }

    /// The identity of this cell. Two cells with the same identity give the same result.
    fn id(&self) -> CellId
    where
        Self: Sized,
    {
        self.erased_id()
    }

    /// A readable name that is safe as a folder name. It ends with the identity.
    fn name(&self) -> String
    where
        Self: Sized,
    {
        name(&self.label(), &self.id())
    }
}

fn name(label: &str, id: &CellId) -> String {
    format!("{label}.{id}")
}

/// One unit of work of an experiment, of any kind. Cells are equal if their identities are.
#[derive(Debug, Clone)]
pub struct Cell {
    id: CellId,
    spec: Arc<dyn CellSpec>,
}

impl Cell {
    /// The identity of this cell. Two cells with the same identity give the same result.
    #[must_use]
    pub fn id(&self) -> CellId {
        self.id.clone()
    }

    /// A readable name that is safe as a folder name. It ends with the identity.
    #[must_use]
    pub fn name(&self) -> String {
        name(&self.spec.label(), &self.id)
    }

    /// A readable name without the identity.
    #[must_use]
    pub fn label(&self) -> String {
        self.spec.label()
    }

    /// The cluster that it belongs to: see [`CellSpec::cluster`].
    #[must_use]
    pub fn cluster(&self) -> String {
        self.spec.cluster()
    }

    /// The cells whose results this cell needs.
    #[must_use]
    pub fn dependencies(&self) -> Vec<Self> {
        self.spec.dependencies()
    }

    /// The data set that the cell is trained and tested on.
    #[must_use]
    pub fn data(&self) -> &DatasetId {
        self.spec.data()
    }

    /// Its network, if the weights are imported from a file.
    #[must_use]
    pub fn imported_network(&self) -> Option<&NetworkSpec> {
        self.spec.imported_network()
    }

    /// Whether it is compared with others.
    #[must_use]
    pub fn is_compared(&self) -> bool {
        self.spec.is_compared()
    }

    /// The cell as a cell of kind `T`, if it is one.
    #[must_use]
    pub fn downcast_ref<T: CellSpec>(&self) -> Option<&T> {
        (&*self.spec as &dyn Any).downcast_ref()
    }

    /// Whether the cell is of kind `T`.
    #[must_use]
    pub fn is<T: CellSpec>(&self) -> bool {
        self.downcast_ref::<T>().is_some()
    }
}

impl<T: CellSpec> From<T> for Cell {
    fn from(spec: T) -> Self {
        Self { id: spec.erased_id(), spec: Arc::new(spec) }
    }
}

impl PartialEq for Cell {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.spec.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spec = Box::<dyn CellSpec>::deserialize(deserializer)?;
        // Not that of the box, which is written with the name of the kind.
        Ok(Self { id: (*spec).erased_id(), spec: spec.into() })
    }
}
