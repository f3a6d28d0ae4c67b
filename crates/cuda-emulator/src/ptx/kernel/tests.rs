use super::*;

const ADD_ONE: &str = "
.version 8.3
.target sm_90a
.address_size 64
.extern .shared .align 16 .b8 dynamic[];
.global .align 4 .b8 table[8] = {1, 2, 0, 0, 3, 0, 0, 0};
// A comment; with a semicolon.
.visible .entry add_one(
    .param .u64 .ptr .align 16 p0,
    .param .u32 p1
) .maxntid 32 {
    .reg .pred %p<2>;
    .reg .b32 %r<4>;
    .reg .b64 %rd<3>;
    .loc 1 2 3
    .shared .align 4 .b8 tile[10];
    ld.param.u64 %rd1, [p0];
    ld.param.u32 %r1, [p1];
    mov.u32 %r2, %tid.x;
    setp.ge.u32 %p1, %r2, %r1;
    @%p1 bra $END;
    mov.u64 %rd2, dynamic;
    { .reg .b32 t; add.u32 t, %r2, 1; mov.u32 %r3, t; }
$END:
    ret;
}";

#[test]
fn a_kernel_is_parsed() {
    let kernel = Kernel::parse(ADD_ONE).unwrap();
    assert_eq!(Kernel::name_of(ADD_ONE), Some("add_one"));
    assert_eq!((kernel.parameters.as_slice(), kernel.parameter_bytes), (&[(0, 8), (8, 4)][..], 12));
    // The dynamic part begins after the ten bytes that are declared.
    assert_eq!(kernel.shared_bytes, 16);
    assert_eq!(kernel.constants, [1, 2, 0, 0, 3, 0, 0, 0]);
    let texts: Vec<&str> = kernel.code.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(texts[4], "@%p1 bra $END");
    assert_eq!(kernel.code[4].targets, [8]);
    assert_eq!(kernel.code[5].operands[1], Operand::Immediate(16));
    assert_eq!(kernel.code[1].operands[1], Operand::Address { base: None, offset: 8 });
}

#[test]
fn what_is_not_known_is_an_error() {
    let unknown = ADD_ONE.replace("mov.u32 %r2, %tid.x", "tex.2d.v4 %r2, %tid.x");
    assert_eq!(Kernel::parse(&unknown).unwrap_err().0, "not emulated: tex.2d.v4 %r2, %tid.x");
    let sum = ADD_ONE.replace("add.u32 t", "add.s16x2 t");
    assert_eq!(Kernel::parse(&sum).unwrap_err().0, "not emulated: add.s16x2 t, %r2, 1");
    let register = ADD_ONE.replace("%tid.x", "%smid");
    assert_eq!(Kernel::parse(&register).unwrap_err().0, "operand %smid");
    let missing = ADD_ONE.replace("$END:", "");
    assert_eq!(Kernel::parse(&missing).unwrap_err().0, "there is no label $END");
    assert!(Kernel::parse(".version 8.3").is_err());
    let twice = ADD_ONE.replace("ret;", "$END: ret;");
    assert_eq!(Kernel::parse(&twice).unwrap_err().0, "the label $END is there twice");
}
