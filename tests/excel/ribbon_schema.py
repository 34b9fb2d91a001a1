"""The rules of customUI14 (MS-CUSTOMUI2) for the elements that the ribbon uses, as a schema."""


def _attributes(*required: str, optional: str = "") -> str:
    kinds = {"id": "id", "keytip": "keytip", "size": "size", "itemSize": "size"}
    lines = [(name, "required") for name in required] + [(name, "optional") for name in optional.split()]
    return "".join(
        f'<xs:attribute name="{name}" type="c:{kinds.get(name, "text")}" use="{use}"/>' for name, use in lines
    )


_LABELS = "label imageMso screentip supertip keytip tag"

SCHEMA = f"""
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:c="http://schemas.microsoft.com/office/2009/07/customui"
    targetNamespace="http://schemas.microsoft.com/office/2009/07/customui" elementFormDefault="qualified">
  <xs:simpleType name="id"><xs:restriction base="xs:NCName">
    <xs:maxLength value="1024"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="text"><xs:restriction base="xs:string">
    <xs:minLength value="1"/><xs:maxLength value="1024"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="keytip"><xs:restriction base="xs:token">
    <xs:pattern value="[A-Z0-9]{{1,3}}"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="size"><xs:restriction base="xs:string">
    <xs:enumeration value="normal"/><xs:enumeration value="large"/></xs:restriction></xs:simpleType>
  <xs:complexType name="menuButton">{_attributes("id", "onAction", optional=_LABELS + " description")}</xs:complexType>
  <xs:complexType name="button">{_attributes("id", "onAction", optional=_LABELS + " size")}</xs:complexType>
  <xs:complexType name="toggle">{_attributes("id", "onAction", optional=_LABELS + " size getPressed")}</xs:complexType>
  <xs:complexType name="menu">
    <xs:choice minOccurs="1" maxOccurs="1000">
      <xs:element name="button" type="c:menuButton"/><xs:element name="toggleButton" type="c:toggle"/>
    </xs:choice>{_attributes("id", optional=_LABELS + " size itemSize")}
  </xs:complexType>
  <xs:complexType name="group">
    <xs:choice minOccurs="1" maxOccurs="1000">
      <xs:element name="button" type="c:button"/><xs:element name="menu" type="c:menu"/>
      <xs:element name="toggleButton" type="c:toggle"/>
    </xs:choice>{_attributes("id", "label")}
  </xs:complexType>
  <xs:complexType name="tab">
    <xs:sequence><xs:element name="group" type="c:group" minOccurs="1" maxOccurs="100"/></xs:sequence>
    {_attributes("id", "label", optional="keytip")}
  </xs:complexType>
  <xs:complexType name="tabs">
    <xs:sequence><xs:element name="tab" type="c:tab" maxOccurs="100"/></xs:sequence>
  </xs:complexType>
  <xs:complexType name="ribbon"><xs:all><xs:element name="tabs" type="c:tabs"/></xs:all></xs:complexType>
  <xs:element name="customUI"><xs:complexType><xs:all><xs:element name="ribbon" type="c:ribbon"/></xs:all>
  </xs:complexType></xs:element>
</xs:schema>
"""
