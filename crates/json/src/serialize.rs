//! Writing what serde can serialize.

use std::fmt;

use serde::ser::{self, Serialize};

use crate::Writer;

/// The JSON of a value: what is missing is `null`, enums are tagged from outside, as serde_json does it.
///
/// # Errors
/// [`CannotWrite`]: bytes, a number of double precision or beyond 64 bits, or a key that is no text. A type either
/// always has such a part or never.
///
/// ```
/// let text = matchport_json::text_of(&vec![Some("a"), None]);
/// assert_eq!(text.as_deref(), Ok(r#"["a",null]"#));
/// ```
pub fn text_of(value: &impl Serialize) -> Result<String, CannotWrite> {
    let mut writer = Writer::with_capacity(256);
    value.serialize(Into(&mut writer))?;
    Ok(writer.into_text())
}

/// Something that JSON, or this writer, has no form for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannotWrite(Box<str>);

impl fmt::Display for CannotWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "can't be written as JSON: {}", self.0)
    }
}

impl std::error::Error for CannotWrite {}

impl ser::Error for CannotWrite {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self(what.to_string().into())
    }
}

fn no_form_for<T>(what: &str) -> Result<T, CannotWrite> {
    Err(CannotWrite(what.into()))
}

/// Serializes into a writer.
struct Into<'a>(&'a mut Writer);

type Done = Result<(), CannotWrite>;

impl<'a> ser::Serializer for Into<'a> {
    type Ok = ();
    type Error = CannotWrite;
    type SerializeSeq = Compound<'a>;
    type SerializeTuple = Compound<'a>;
    type SerializeTupleStruct = Compound<'a>;
    type SerializeTupleVariant = Compound<'a>;
    type SerializeMap = Compound<'a>;
    type SerializeStruct = Compound<'a>;
    type SerializeStructVariant = Compound<'a>;

    fn serialize_bool(self, value: bool) -> Done {
        self.0.bool(value);
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Done {
        self.0.integer(value);
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Done {
        self.0.whole(value);
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Done {
        self.0.float(value);
        Ok(())
    }

    fn serialize_f64(self, _: f64) -> Done {
        no_form_for("a number of double precision")
    }

    fn serialize_char(self, value: char) -> Done {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Done {
        self.0.text(value);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Done {
        no_form_for("bytes")
    }

    fn serialize_none(self) -> Done {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Done {
        self.0.null();
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Done {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Done {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        self.0.begin_object();
        self.0.key(variant);
        value.serialize(Into(self.0))?;
        self.0.end_object();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'a>, CannotWrite> {
        self.0.begin_list();
        Ok(Compound { writer: self.0, is_list: true, is_variant: false })
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'a>, CannotWrite> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'a>, CannotWrite> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, CannotWrite> {
        self.0.begin_object();
        self.0.key(variant);
        self.0.begin_list();
        Ok(Compound { writer: self.0, is_list: true, is_variant: true })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'a>, CannotWrite> {
        self.0.begin_object();
        Ok(Compound { writer: self.0, is_list: false, is_variant: false })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'a>, CannotWrite> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, CannotWrite> {
        self.0.begin_object();
        self.0.key(variant);
        self.0.begin_object();
        Ok(Compound { writer: self.0, is_list: false, is_variant: true })
    }
}

/// A list or an object that is being written.
struct Compound<'a> {
    writer: &'a mut Writer,
    is_list: bool,
    /// It stands in an object of its own, under the name of a variant.
    is_variant: bool,
}

impl Compound<'_> {
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Done {
        self.writer.key(name);
        value.serialize(Into(self.writer))
    }

    fn close(self) -> Done {
        if self.is_list {
            self.writer.end_list()
        } else {
            self.writer.end_object()
        }
        if self.is_variant {
            self.writer.end_object();
        }
        Ok(())
    }
}

impl ser::SerializeSeq for Compound<'_> {
    type Ok = ();
    type Error = CannotWrite;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        value.serialize(Into(self.writer))
    }

    fn end(self) -> Done {
        self.close()
    }
}

impl ser::SerializeTuple for Compound<'_> {
    type Ok = ();
    type Error = CannotWrite;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        value.serialize(Into(self.writer))
    }

    fn end(self) -> Done {
        self.close()
    }
}

impl ser::SerializeTupleStruct for Compound<'_> {
    type Ok = ();
    type Error = CannotWrite;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        value.serialize(Into(self.writer))
    }

    fn end(self) -> Done {
        self.close()
    }
}

impl ser::SerializeTupleVariant for Compound<'_> {
    type Ok = ();
    type Error = CannotWrite;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        value.serialize(Into(self.writer))
    }

    fn end(self) -> Done {
        self.close()
    }
}

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = CannotWrite;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        key.serialize(Into(self.writer))?;
        if self.writer.make_key() { Ok(()) } else { no_form_for("a key that is no text") }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        value.serialize(Into(self.writer))
    }

    fn end(self) -> Done {
        self.close()
    }
}

impl ser::SerializeStruct for Compound<'_> {
    type Ok = ();
    type Error = CannotWrite;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Done {
        self.field(name, value)
    }

    fn end(self) -> Done {
        self.close()
    }
}

impl ser::SerializeStructVariant for Compound<'_> {
    type Ok = ();
    type Error = CannotWrite;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Done {
        self.field(name, value)
    }

    fn end(self) -> Done {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::IpAddr;

    use serde::Serialize;

    use super::text_of;

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Shape {
        Unit,
        Newtype(u8),
        Tuple(u8, i8),
        Struct { x: Option<bool> },
    }

    #[derive(Serialize)]
    #[serde(tag = "step")]
    enum Tagged {
        Waiting { for_ms: u64 },
    }

    #[derive(Serialize)]
    struct Everything {
        shapes: Vec<Shape>,
        tagged: Tagged,
        numbers: (i64, u64, f32),
        texts: BTreeMap<String, char>,
        nothing: (),
        address: IpAddr,
        #[serde(skip_serializing_if = "Option::is_none")]
        left_out: Option<u8>,
    }

    #[test]
    fn writes_what_serde_json_writes() {
        let everything = Everything {
            shapes: vec![Shape::Unit, Shape::Newtype(1), Shape::Tuple(2, -3), Shape::Struct { x: None }],
            tagged: Tagged::Waiting { for_ms: 5 },
            numbers: (i64::MIN, u64::MAX, 23.5),
            texts: BTreeMap::from([("a\"b".to_owned(), '\n'), (String::new(), 'ü')]),
            nothing: (),
            address: "10.0.0.1".parse().expect("an address"),
            left_out: None,
        };
        assert_eq!(text_of(&everything), Ok(serde_json::to_string(&everything).expect("JSON")));
    }

    #[test]
    fn what_has_no_form_is_an_error() {
        assert!(text_of(&1.5_f64).is_err());
        let keys = text_of(&BTreeMap::from([(5, "x")])).expect_err("no text");
        assert_eq!(keys.to_string(), "can't be written as JSON: a key that is no text");
    }
}
