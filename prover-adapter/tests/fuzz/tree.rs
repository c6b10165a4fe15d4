//! The fields of a proof file, and the bytes that each of them takes.
//!
//! A [`Tree`] is made by serialising: a field that is added to a statement or a proof is there, and is edited, without
//! a line here. The bytes are those of the file, which [`Tree::of`] checks.

use std::collections::HashMap;
use std::ops::Range;

use ember_verifier::{Head, PREFIX_LEN, ProofFile};
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// What a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number of so many bits, in as many bytes as it needs, seven bits in each.
    Number(u32),
    /// One byte.
    Byte,
    /// A number of elements, and the elements.
    Sequence,
    /// Elements, as many as the type says.
    Tuple,
    /// An element of the field, four bytes.
    Element,
    /// Nothing or something.
    Option,
    /// The number of a variant, and what it holds.
    Variant,
    /// A length, and so many bytes.
    Bytes,
}

/// One field.
#[derive(Clone, Debug)]
pub struct Node {
    pub kind: Kind,
    /// Its name: that of the fields on the way to it, without the numbers of elements.
    pub path: usize,
    /// Its bytes, with the length or the variant.
    pub bytes: Range<usize>,
    /// Its parts, by number.
    pub parts: Vec<u32>,
}

/// The fields of a file.
pub struct Tree {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Every field.
    pub nodes: Vec<Node>,
    /// The names.
    pub paths: Vec<String>,
    /// Numbers of the fields with each name.
    pub of_path: Vec<Vec<u32>>,
    /// The parts of the file, each with its length in the four bytes before it.
    pub frames: Vec<Range<usize>>,
}

/// Bytes of the length before a part.
pub const FRAME_LEN: usize = 4;

/// Bytes that replace others.
pub type Patch = (Range<usize>, Vec<u8>);

impl Tree {
    /// The fields of a file.
    pub fn of(file: &ProofFile) -> Self {
        let head = Head { statement: file.statement.clone(), preamble: file.proof.preamble.clone() };
        let bytes = head.to_bytes();
        let mut builder = Builder { bytes: bytes[..PREFIX_LEN - FRAME_LEN].to_vec(), ..Builder::default() };
        let mut frames = vec![builder.frame("", &head)];
        frames.extend(file.proof.segments.iter().map(|segment| builder.frame("segments[]", segment)));
        assert_eq!(builder.bytes, file.to_bytes(), "these are not the bytes that a file has");
        let mut of_path = vec![Vec::new(); builder.paths.len()];
        for (n, node) in builder.nodes.iter().enumerate() {
            of_path[node.path].push(n as u32);
        }
        Self { bytes: builder.bytes, nodes: builder.nodes, paths: builder.paths, of_path, frames }
    }

    /// The file with the patches; `None` where they overlap. Lengths of parts are adapted to patches inside them.
    pub fn patched(&self, mut patches: Vec<Patch>) -> Option<Vec<u8>> {
        for frame in &self.frames {
            let inside = patches.iter().filter(|(r, _)| frame.start <= r.start && r.end <= frame.end);
            let [old, new] = inside.fold([0, 0], |[old, new], (r, b)| [old + r.len(), new + b.len()]);
            if old != new {
                let len = (frame.len() + new).checked_sub(old)? as u32;
                patches.push((frame.start - FRAME_LEN..frame.start, len.to_le_bytes().to_vec()));
            }
        }
        patches.sort_by_key(|(range, _)| (range.start, range.end));
        patches.dedup();
        let mut edited = Vec::with_capacity(self.bytes.len() + 64);
        let mut at = 0;
        for (range, new) in patches {
            edited.extend(self.bytes.get(at..range.start)?);
            edited.extend(new);
            at = range.end;
        }
        edited.extend(&self.bytes[at..]);
        Some(edited)
    }

    pub fn node(&self, n: u32) -> &Node {
        &self.nodes[n as usize]
    }

    /// The bytes of a field.
    pub fn bytes_of(&self, n: u32) -> &[u8] {
        &self.bytes[self.node(n).bytes.clone()]
    }
}

/// A number as postcard writes it.
pub fn varint(mut n: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes
}

#[derive(Default)]
struct Builder {
    bytes: Vec<u8>,
    nodes: Vec<Node>,
    paths: Vec<String>,
    ids: HashMap<String, usize>,
    /// Name of what is being serialised.
    at: String,
    /// Parts of what is being serialised, and of what holds it.
    open: Vec<Vec<u32>>,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unsupported(String);

impl serde::ser::Error for Unsupported {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Done = Result<(), Unsupported>;

impl Builder {
    /// Adds a part of the file, after its length.
    fn frame(&mut self, name: &str, value: &impl Serialize) -> Range<usize> {
        let start = self.bytes.len() + 4;
        self.bytes.extend([0; 4]);
        self.at = name.into();
        value.serialize(&mut *self).expect("values of a file serialise");
        let end = self.bytes.len();
        self.bytes[start - 4..start].copy_from_slice(&((end - start) as u32).to_le_bytes());
        start..end
    }

    fn push(&mut self, kind: Kind, start: usize, parts: Vec<u32>) {
        let path = *self.ids.entry(self.at.clone()).or_insert_with(|| {
            self.paths.push(self.at.clone());
            self.paths.len() - 1
        });
        let n = self.nodes.len() as u32;
        self.nodes.push(Node { kind, path, bytes: start..self.bytes.len(), parts });
        if let Some(open) = self.open.last_mut() {
            open.push(n);
        }
    }

    fn leaf(&mut self, kind: Kind, bytes: &[u8]) -> Done {
        let start = self.bytes.len();
        self.bytes.extend(bytes);
        self.push(kind, start, Vec::new());
        Ok(())
    }

    fn number(&mut self, bits: u32, n: u64) -> Done {
        self.leaf(Kind::Number(bits), &varint(n))
    }

    fn open(&mut self, kind: Kind, prefix: &[u8]) -> Open<'_> {
        let start = self.bytes.len();
        self.bytes.extend(prefix);
        self.open.push(Vec::new());
        Open { builder: self, kind, start }
    }
}

/// Something with parts.
struct Open<'a> {
    builder: &'a mut Builder,
    kind: Kind,
    start: usize,
}

impl Open<'_> {
    fn part(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Done {
        let b = &mut *self.builder;
        let len = b.at.len();
        b.at.push_str(name);
        value.serialize(&mut *b)?;
        b.at.truncate(len);
        Ok(())
    }

    fn field(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Done {
        let dot = if self.builder.at.is_empty() { "" } else { "." };
        self.part(&format!("{dot}{name}"), value)
    }

    fn close(self) -> Done {
        let parts = self.builder.open.pop().expect("what is open");
        // An element of the proof's field is four bytes.
        let element = self.kind == Kind::Tuple
            && parts.len() == 4
            && parts.iter().all(|&n| self.builder.nodes[n as usize].kind == Kind::Byte);
        if element {
            self.builder.nodes.truncate(parts[0] as usize);
            self.builder.push(Kind::Element, self.start, Vec::new());
        } else {
            self.builder.push(self.kind, self.start, parts);
        }
        Ok(())
    }
}

macro_rules! parts {
    ($($trait:ident $method:ident),*) => {
        $(impl $trait for Open<'_> {
            type Ok = ();
            type Error = Unsupported;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
                self.part("[]", value)
            }
            fn end(self) -> Done {
                self.close()
            }
        })*
    };
}

parts!(SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field);

macro_rules! fields {
    ($($trait:ident),*) => {
        $(impl $trait for Open<'_> {
            type Ok = ();
            type Error = Unsupported;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Done {
                self.field(name, value)
            }
            fn end(self) -> Done {
                self.close()
            }
        })*
    };
}

fields!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Open<'_> {
    type Ok = ();
    type Error = Unsupported;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        self.part("{key}", key)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.part("{}", value)
    }
    fn end(self) -> Done {
        self.close()
    }
}

fn unsupported<T>(what: &str) -> Result<T, Unsupported> {
    Err(Unsupported(format!("a file has no {what}")))
}

impl<'a> Serializer for &'a mut Builder {
    type Ok = ();
    type Error = Unsupported;
    type SerializeSeq = Open<'a>;
    type SerializeTuple = Open<'a>;
    type SerializeTupleStruct = Open<'a>;
    type SerializeTupleVariant = Open<'a>;
    type SerializeMap = Open<'a>;
    type SerializeStruct = Open<'a>;
    type SerializeStructVariant = Open<'a>;

    fn is_human_readable(&self) -> bool {
        false
    }
    fn serialize_bool(self, v: bool) -> Done {
        self.leaf(Kind::Byte, &[v.into()])
    }
    fn serialize_u8(self, v: u8) -> Done {
        self.leaf(Kind::Byte, &[v])
    }
    fn serialize_u16(self, v: u16) -> Done {
        self.number(16, v.into())
    }
    fn serialize_u32(self, v: u32) -> Done {
        self.number(32, v.into())
    }
    fn serialize_u64(self, v: u64) -> Done {
        self.number(64, v)
    }
    fn serialize_bytes(self, v: &[u8]) -> Done {
        let bytes = [varint(v.len() as u64), v.to_vec()].concat();
        self.leaf(Kind::Bytes, &bytes)
    }
    fn serialize_str(self, v: &str) -> Done {
        self.serialize_bytes(v.as_bytes())
    }
    fn serialize_none(self) -> Done {
        self.leaf(Kind::Option, &[0])
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        let mut open = self.open(Kind::Option, &[1]);
        open.part("?", value)?;
        open.close()
    }
    fn serialize_unit(self) -> Done {
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Done {
        Ok(())
    }
    fn serialize_unit_variant(self, _: &'static str, index: u32, _: &'static str) -> Done {
        self.leaf(Kind::Variant, &varint(index.into()))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        let mut open = self.open(Kind::Variant, &varint(index.into()));
        open.field(variant, value)?;
        open.close()
    }
    fn serialize_seq(self, len: Option<usize>) -> Result<Open<'a>, Unsupported> {
        Ok(self.open(Kind::Sequence, &varint(len.expect("a known length") as u64)))
    }
    fn serialize_tuple(self, _: usize) -> Result<Open<'a>, Unsupported> {
        Ok(self.open(Kind::Tuple, &[]))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Open<'a>, Unsupported> {
        Ok(self.open(Kind::Tuple, &[]))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Open<'a>, Unsupported> {
        Ok(self.open(Kind::Variant, &varint(index.into())))
    }
    fn serialize_map(self, len: Option<usize>) -> Result<Open<'a>, Unsupported> {
        Ok(self.open(Kind::Sequence, &varint(len.expect("a known length") as u64)))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Open<'a>, Unsupported> {
        Ok(self.open(Kind::Tuple, &[]))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Open<'a>, Unsupported> {
        Ok(self.open(Kind::Variant, &varint(index.into())))
    }
    fn serialize_i8(self, _: i8) -> Done {
        unsupported("i8")
    }
    fn serialize_i16(self, _: i16) -> Done {
        unsupported("i16")
    }
    fn serialize_i32(self, _: i32) -> Done {
        unsupported("i32")
    }
    fn serialize_i64(self, _: i64) -> Done {
        unsupported("i64")
    }
    fn serialize_f32(self, _: f32) -> Done {
        unsupported("f32")
    }
    fn serialize_f64(self, _: f64) -> Done {
        unsupported("f64")
    }
    fn serialize_char(self, _: char) -> Done {
        unsupported("char")
    }
}
