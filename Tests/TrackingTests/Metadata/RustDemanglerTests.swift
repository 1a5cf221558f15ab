import Testing
import Tracking

// Right is what the Rust compiler's own demangler says, without hashes.
@Suite("Rust demangler") struct RustDemanglerTests {
    private func expect(_ mangled: String, _ name: String, _ location: SourceLocation = #_sourceLocation) {
        var demangler = Demangler()
        #expect(demangler.name(mangled) == name, sourceLocation: location)
    }

    @Test(
        "A path has its crate, modules, types and closures, and no hash",
        arguments: [
            ("_RNvC3app4load", "app::load"),
            ("_RNvCs1234_3app4load", "app::load"),
            ("_RNvCs2sRdnw5J61E_3app4load", "app::load"),
            ("_RNvNtCs1_3app5store4keepCs2_4main", "app::store::keep"),
            ("_RNvMs_C1aINtB4_1ShE1f", "<a::S<u8>>::f"),
            ("_RNvXs_C1aNtB4_1SNtB4_1T1f", "<a::S as a::T>::f"),
            ("_RNvYNtC1a1SNtC1b1T1f", "<a::S as b::T>::f"),
            ("_RNCNvC1a1f0", "a::f::{closure#0}"),
            ("_RNCNvC1a1fs_0", "a::f::{closure#1}"),
            ("_RNCNvC1a1fs_4name", "a::f::{closure:name#1}"),
            ("_RNSNvC1a1f4drop", "a::f::{shim:drop#0}"),
            ("_RNZC1a1f", "a::{Z:f#0}"),
            ("_RNvC6_123foo3bar", "123foo::bar"),
            ("_RMC0INtC8arrayvec8ArrayVechKj7b_E", "<arrayvec::ArrayVec<u8, 123>>"),
            ("_RINvC3app4loadNtB2_2TyE", "app::load::<app::Ty>"),
        ]
    )
    func paths(mangled: String, name: String) { expect(mangled, name) }

    @Test(
        "Types are written as in the source",
        arguments: [
            ("_RINvC1a1fRL_hQtE", "a::f::<&u8, &mut u16>"),
            ("_RINvC1a1fPhOtE", "a::f::<*const u8, *mut u16>"),
            ("_RINvC1a1fAhj3_SbE", "a::f::<[u8; 3], [bool]>"),
            ("_RINvC1a1fThETEThtEE", "a::f::<(u8,), (), (u8, u16)>"),
            ("_RINvC1a1fFG_RL0_hEuE", "a::f::<for<'a> fn(&'a u8)>"),
            ("_RINvC1a1fFG0_RL1_hRL0_tEuE", "a::f::<for<'a, 'b> fn(&'a u8, &'b u16)>"),
            ("_RINvC1a1fFUKCEuE", "a::f::<unsafe extern \"C\" fn()>"),
            ("_RINvC1a1fFK10C_unwind_xEuE", "a::f::<extern \"C-unwind-x\" fn()>"),
            ("_RINvC1a1fFhtEyE", "a::f::<fn(u8, u16) -> u64>"),
            ("_RINvC1a1fDNtC1b4SendNtC1b4SyncEL_E", "a::f::<dyn b::Send + b::Sync>"),
            ("_RINvC1a1fDG_INtC1b1TRL0_hEp1ORL0_tEL_E", "a::f::<dyn for<'a> b::T<&'a u8, O = &'a u16>>"),
            ("_RINvC1a1fDNtC1b1Tp1OuEL_E", "a::f::<dyn b::T<O = ()>>"),
            ("_RINvC1a1fL_zpE", "a::f::<'_, !, _>"),
            (
                "_RINbNbCskIICzLVDPPb_5alloc5alloc8box_freeDINbNiB4_5boxed5FnBoxuEp6OutputuEL_ECs1iopQbuBiw2_3std",
                "alloc::alloc::box_free::<dyn alloc::boxed::FnBox<(), Output = ()>>"
            ),
        ]
    )
    func types(mangled: String, name: String) { expect(mangled, name) }

    @Test(
        "Constants are written as in the source",
        arguments: [
            ("_RIC1aKan9_E", "a::<-9>"),
            ("_RIC1aKy10000000000000000_E", "a::<0x10000000000000000>"),
            ("_RIC1aKyffffffffffffffff_E", "a::<18446744073709551615>"),
            ("_RIC1aKb1_Kb0_E", "a::<true, false>"),
            ("_RIC1aKc8_Kc27_Kc1f600_E", "a::<'\\u{8}', '\\'', '😀'>"),
            ("_RIC1aKpE", "a::<_>"),
            ("_RIC1aKRe616263_E", "a::<\"abc\">"),
            ("_RIC1aKRe0a5c22c3a9_E", "a::<\"\\n\\\\\\\"é\">"),
            ("_RIC1aKe616263_E", "a::<{*\"abc\"}>"),
            ("_RIC1aKRAh1_h2_EKQh1_E", "a::<{&[1, 2]}, {&mut 1}>"),
            ("_RIC1aKTh1_EKTh1_b0_EE", "a::<{(1,)}, {(1, false)}>"),
            ("_RIC1aKVNtC1a1SS1xh1_1yb1_EE", "a::<{a::S { x: 1, y: true }}>"),
            ("_RIC1aKVNtC1a1ETh1_EKVNtC1a1EUE", "a::<{a::E(1)}, {a::E}>"),
        ]
    )
    func constants(mangled: String, name: String) { expect(mangled, name) }

    @Test(
        "Letters beyond ASCII are there",
        arguments: [
            (
                "_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y",
                "utf8_idents::საჭმელად_გემრიელი_სადილი"
            ),
            ("_RNvC1au9bcher_kva", "a::bücher"),
            ("_RNvC1au6_4ca0bs", "a::äöü"),
        ]
    )
    func punycode(mangled: String, name: String) { expect(mangled, name) }

    @Test(
        "Names of the form before v0 lose their hash and their escapes",
        arguments: [
            ("_ZN3app4load17h0123456789abcdefE", "app::load"),
            (
                "_ZN52_$LT$app..Store$u20$as$u20$core..ops..drop..Drop$GT$4drop17h0123456789abcdefE",
                "<app::Store as core::ops::drop::Drop>::drop"
            ),
            ("_ZN3app4load28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE", "app::load::{{closure}}"),
            ("_ZN31$LP$A$C$$RF$$BP$T$RP$$u27$a$SP$1f17h0123456789abcdefE", "(A,&*T)'a@::f"),
            ("_ZN8a.b$no$.1f17h0123456789abcdefE", "a.b$no$.::f"),
            ("_ZN3app4load17h0123456789abcdefE.llvm.1234", "app::load"),
            ("_ZN3app4load17h0123456789abcdefE.llvm.1234.cold", "app::load.cold"),
        ]
    )
    func legacy(mangled: String, name: String) { expect(mangled, name) }

    @Test("What a tool appended stays, but for the number of link-time optimization") func suffix() {
        expect("_RNvC1a1f.cold.1", "a::f.cold.1")
        expect("_RNvC1a1f.llvm.123ABC", "a::f")
        expect("_RNvC1a1f.llvm.123.warm", "a::f.warm")
    }

    @Test("C++ keeps what only looks like Rust's") func cplusplus() {
        expect("_ZN3app4loadEv", "app::load()")
        expect("_ZN3app17h0123456789abcdeXE", "app::h0123456789abcdeX")
        expect("_ZN17h0123456789abcdefE", "h0123456789abcdef")
    }

    @Test(
        "What only looks mangled stays as it is",
        arguments: [
            "_R", "_RX", "_R0NvC1a1f", "_RNvC1a", "_RNvC1a2f", "_RNvC1a1fX", "_RNvC1a99999999999999999999f", "_RB_",
            "_RNvB_1f", "_RNvC1a1fB9_", "_RINvC1a1fL0_E", "_RINvC1a1fG_E", "_RIC1aKc110000_E", "_RIC1aKcd800_E",
            "_RIC1aKb2_E", "_RIC1aKRe6_E", "_RIC1aKReff_E", "_RNvCszzzzzzzzzzzzzzz_1a1f", "_RNvC1au3_99", "_RN0C1a1f",
            "_RINvC1a1fFG1000000_EuE", "_ZN3app17h0123456789abcdef", "_RNvC1a1\u{e9}",
        ]
    )
    func broken(mangled: String) { expect(mangled, mangled) }

    @Test(
        "A name that nests without end is given up",
        arguments: ["N", "M", "X", "Y", "I", "R", "S", "T", "F", "D", "A"]
    )
    func deep(letter: String) {
        let start = "_RINvC1a1f" + String(repeating: letter == "N" ? "Nv" : letter, count: 50_000)
        expect(start, start)
    }

    @Test("A short name that stands for a text without end is given up") func long() {
        // Each tuple has the one before it twice.
        var name = "_RINvC1a1fThE"
        var last = "_RINvC1a1f".utf8.count - 2
        for _ in 0..<60 {
            let here = name.utf8.count - 2
            name += "TB\(Self.base62(last))B\(Self.base62(last))E"
            last = here
        }
        name += "E"
        expect(name, name)
    }

    private static func base62(_ value: Int) -> String {
        let digits = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        guard value > 0 else { return "_" }
        var rest = value - 1
        var text = ""
        repeat {
            text = String(digits[rest % 62]) + text
            rest /= 62
        } while rest > 0
        return text + "_"
    }

    @Test("Changed names do no harm", arguments: 0..<8) func changed(seed: UInt64) {
        var generator = SplitMix(state: seed)
        let letters = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$.".utf8)
        let whole = [
            "_RINvC1a1fDG_INtC1b1TRL0_hEp1ORL0_tEL_E", "_RIC1aKVNtC1a1SS1xRe6162_1yTc41_EEFUKCThEEzE",
            "_RNCNvXs_C1aNtB4_1SNtB4_1T1fs_4name", "_ZN13a$LT$T$GT$..b4drop17h0123456789abcdefE.llvm.1",
        ].map { Array($0.utf8) }
        var named = 0
        for round in 0..<2000 {
            var bytes = whole[round % whole.count]
            for _ in 0...(generator.next() % 3) {
                bytes[2 + Int(generator.next() % UInt64(bytes.count - 2))] = letters[Int(generator.next() % 65)]
            }
            var demangler = Demangler()
            let mangled = String(decoding: bytes, as: UTF8.self)
            let name = demangler.name(mangled)
            #expect(!name.isEmpty && name.utf8.count <= 1 << 14)
            named += name == mangled ? 0 : 1
        }
        #expect(named > 0, "some changes leave a name")
    }
}
