//! Mistakes that the derive and the types refuse, each beside a twin that they take.
//!
//! `TRYBUILD=overwrite cargo test --package redis-model-ui` writes the expected messages.
//!
//! Only the failing cases go through trybuild, which then checks all of them in
//! one build. The twins are modules of this test.

use std::collections::BTreeSet;

#[test]
fn mistakes_are_compile_errors() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}

/// Mistakes that rustc finds when it evaluates constants of a concrete type,
/// which `cargo check` does not. A passing case makes trybuild build.
#[test]
fn mistakes_are_errors_of_a_full_build() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("fail-on-build/*.rs");
    cases.pass("pass/flatten-collides.rs");
}

macro_rules! twins {
    ($($path:literal $name:ident;)*) => {
        $(
            #[allow(unused_imports)]
            #[path = $path]
            mod $name;
        )*

        #[test]
        fn twins_without_the_mistake_compile_and_run() {
            $($name::main();)*
        }

        /// Each mistake has a twin under the same name, which is a module here.
        #[test]
        fn every_mistake_has_a_twin() {
            let twins = BTreeSet::from([$($path.replace("pass/", "")),*]);
            let mistakes = &names("fail") | &names("fail-on-build");
            assert_eq!(mistakes, twins);
            assert_eq!(names("pass"), twins);
        }
    };
}

fn names(folder: &str) -> BTreeSet<String> {
    let folder = format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(folder).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".rs")).collect()
}

twins! {
    "pass/a-mistake-makes-no-errors-elsewhere.rs" a_mistake_makes_no_errors_elsewhere;
    "pass/alias-given-twice.rs" alias_given_twice;
    "pass/alias-is-a-field.rs" alias_is_a_field;
    "pass/attribute-misspelled.rs" attribute_misspelled;
    "pass/attribute-not-a-list.rs" attribute_not_a_list;
    "pass/attribute-on-a-key-field.rs" attribute_on_a_key_field;
    "pass/attribute-unknown.rs" attribute_unknown;
    "pass/attributes-without-comma.rs" attributes_without_comma;
    "pass/blob-and-hash.rs" blob_and_hash;
    "pass/blob-codec-is-no-codec.rs" blob_codec_is_no_codec;
    "pass/blob-not-deserializable.rs" blob_not_deserializable;
    "pass/blob-on-a-field.rs" blob_on_a_field;
    "pass/blob-with-field-attribute.rs" blob_with_field_attribute;
    "pass/blob-with-rename-all.rs" blob_with_rename_all;
    "pass/blob-without-codec.rs" blob_without_codec;
    "pass/blocking-in-a-tuple.rs" blocking_in_a_tuple;
    "pass/bool-on-a-number.rs" bool_on_a_number;
    "pass/bool-texts-are-equal.rs" bool_texts_are_equal;
    "pass/bool-with-one-text.rs" bool_with_one_text;
    "pass/bool-without-texts.rs" bool_without_texts;
    "pass/bytes-of-a-hash.rs" bytes_of_a_hash;
    "pass/codec-as-string.rs" codec_as_string;
    "pass/codec-is-no-codec.rs" codec_is_no_codec;
    "pass/codec-on-the-struct.rs" codec_on_the_struct;
    "pass/codec-without-type.rs" codec_without_type;
    "pass/condition-of-another-model.rs" condition_of_another_model;
    "pass/collection-instead-of-key.rs" collection_instead_of_key;
    "pass/connection-of-another-redis.rs" connection_of_another_redis;
    "pass/crate-not-a-path.rs" crate_not_a_path;
    "pass/default-path-of-an-option.rs" default_path_of_an_option;
    "pass/default-path-of-another-type.rs" default_path_of_another_type;
    "pass/default-path-unknown.rs" default_path_unknown;
    "pass/default-without-default.rs" default_without_default;
    "pass/display-and-codec.rs" display_and_codec;
    "pass/display-without-from-str.rs" display_without_from_str;
    "pass/empty-as-none-on-a-required-field.rs" empty_as_none_on_a_required_field;
    "pass/expire-instead-of-ttl.rs" expire_instead_of_ttl;
    "pass/field-attribute-misspelled.rs" field_attribute_misspelled;
    "pass/field-attribute-unknown.rs" field_attribute_unknown;
    "pass/field-declared-twice.rs" field_declared_twice;
    "pass/field-expire-instead-of-ttl.rs" field_expire_instead_of_ttl;
    "pass/field-is-a-list.rs" field_is_a_list;
    "pass/field-is-an-option-of-an-option.rs" field_is_an_option_of_an_option;
    "pass/field-name-misspelled.rs" field_name_misspelled;
    "pass/field-of-another-model.rs" field_of_another_model;
    "pass/field-ttl-on-required-field.rs" field_ttl_on_required_field;
    "pass/field-ttl-too-long.rs" field_ttl_too_long;
    "pass/field-type-not-storable.rs" field_type_not_storable;
    "pass/field-type-without-deserialize.rs" field_type_without_deserialize;
    "pass/fields-name-given-twice.rs" fields_name_given_twice;
    "pass/fields-of-an-enum.rs" fields_of_an_enum;
    "pass/fields-with-a-key.rs" fields_with_a_key;
    "pass/fields-with-a-lifetime.rs" fields_with_a_lifetime;
    "pass/flag-with-arguments.rs" flag_with_arguments;
    "pass/flatten-a-type-parameter.rs" flatten_a_type_parameter;
    "pass/flatten-an-enum.rs" flatten_an_enum;
    "pass/flatten-an-option-without-the-derive.rs" flatten_an_option_without_the_derive;
    "pass/flatten-collides.rs" flatten_collides;
    "pass/flatten-has-more-than-256-fields.rs" flatten_has_more_than_256_fields;
    "pass/flatten-inside-flatten-without-the-derive.rs" flatten_inside_flatten_without_the_derive;
    "pass/flatten-option-without-stored-fields.rs" flatten_option_without_stored_fields;
    "pass/flatten-with-codec.rs" flatten_with_codec;
    "pass/flatten-with-ttl.rs" flatten_with_ttl;
    "pass/flatten-without-the-derive.rs" flatten_without_the_derive;
    "pass/group-attribute-misspelled.rs" group_attribute_misspelled;
    "pass/group-field-is-no-structure.rs" group_field_is_no_structure;
    "pass/group-id-does-not-fit-the-key.rs" group_id_does_not_fit_the_key;
    "pass/group-key-ends-with-a-colon.rs" group_key_ends_with_a_colon;
    "pass/group-key-lacks-placeholder.rs" group_key_lacks_placeholder;
    "pass/group-key-names-unknown-placeholder.rs" group_key_names_unknown_placeholder;
    "pass/group-key-not-separated.rs" group_key_not_separated;
    "pass/group-keys-collide.rs" group_keys_collide;
    "pass/group-of-a-tuple-struct.rs" group_of_a_tuple_struct;
    "pass/group-of-an-enum.rs" group_of_an_enum;
    "pass/group-of-another-id-type.rs" group_of_another_id_type;
    "pass/group-of-another-id.rs" group_of_another_id;
    "pass/group-rename-with-braces.rs" group_rename_with_braces;
    "pass/group-without-a-key.rs" group_without_a_key;
    "pass/hash-migration-from-another-id.rs" hash_migration_from_another_id;
    "pass/hash-migration-from-no-model.rs" hash_migration_from_no_model;
    "pass/hash-migration-from-too-many.rs" hash_migration_from_too_many;
    "pass/hash-migration-without-a-version.rs" hash_migration_without_a_version;
    "pass/hash-migration-without-conversion.rs" hash_migration_without_conversion;
    "pass/hash-on-mismatch-without-a-version.rs" hash_on_mismatch_without_a_version;
    "pass/hash-version-as-a-field-attribute.rs" hash_version_as_a_field_attribute;
    "pass/hash-version-without-a-field.rs" hash_version_without_a_field;
    "pass/hash-with-value.rs" hash_with_value;
    "pass/id-is-private.rs" id_is_private;
    "pass/id-is-text-of-a-number.rs" id_is_text_of_a_number;
    "pass/id-of-another-type.rs" id_of_another_type;
    "pass/id-on-a-field.rs" id_on_a_field;
    "pass/id-parts-missing.rs" id_parts_missing;
    "pass/id-parts-of-another-type.rs" id_parts_of_another_type;
    "pass/increment-a-codec-field.rs" increment_a_codec_field;
    "pass/increment-by-a-fraction.rs" increment_by_a_fraction;
    "pass/increment-text.rs" increment_text;
    "pass/increment-where-none-is-a-number.rs" increment_where_none_is_a_number;
    "pass/index-on-a-field.rs" index_on_a_field;
    "pass/index-on-the-struct.rs" index_on_the_struct;
    "pass/json-instead-of-codec.rs" json_instead_of_codec;
    "pass/key-given-twice.rs" key_given_twice;
    "pass/key-has-empty-placeholder.rs" key_has_empty_placeholder;
    "pass/key-has-two-raw-parts.rs" key_has_two_raw_parts;
    "pass/key-has-unclosed-brace.rs" key_has_unclosed_brace;
    "pass/key-has-unknown-format.rs" key_has_unknown_format;
    "pass/key-has-unopened-brace.rs" key_has_unopened_brace;
    "pass/key-id-not-separated-from-its-prefix.rs" key_id_not_separated_from_its_prefix;
    "pass/key-id-not-separated-from-its-suffix.rs" key_id_not_separated_from_its_suffix;
    "pass/key-is-empty.rs" key_is_empty;
    "pass/key-is-missing-among-attributes.rs" key_is_missing_among_attributes;
    "pass/key-is-missing.rs" key_is_missing;
    "pass/key-lacks-id.rs" key_lacks_id;
    "pass/key-names-field-twice.rs" key_names_field_twice;
    "pass/key-names-unknown-field.rs" key_names_unknown_field;
    "pass/key-not-a-string.rs" key_not_a_string;
    "pass/key-on-a-field.rs" key_on_a_field;
    "pass/key-part-enum-with-data.rs" key_part_enum_with_data;
    "pass/key-part-is-a-float.rs" key_part_is_a_float;
    "pass/key-part-is-optional.rs" key_part_is_optional;
    "pass/key-part-of-several-not-a-key-part.rs" key_part_of_several_not_a_key_part;
    "pass/key-part-of-two-fields.rs" key_part_of_two_fields;
    "pass/key-placeholders-not-separated.rs" key_placeholders_not_separated;
    "pass/key-placeholders-run-together.rs" key_placeholders_run_together;
    "pass/key-raw-part-not-separated.rs" key_raw_part_not_separated;
    "pass/key-without-its-name.rs" key_without_its_name;
    "pass/key-without-value.rs" key_without_value;
    "pass/migrate-from-itself.rs" migrate_from_itself;
    "pass/migrate-twice-the-same.rs" migrate_twice_the_same;
    "pass/model-of-a-unit-struct.rs" model_of_a_unit_struct;
    "pass/model-of-an-enum.rs" model_of_an_enum;
    "pass/none-as-and-empty-as-none.rs" none_as_and_empty_as_none;
    "pass/none-as-is-a-text-of-bool.rs" none_as_is_a_text_of_bool;
    "pass/none-as-on-a-required-field.rs" none_as_on_a_required_field;
    "pass/none-as-without-text.rs" none_as_without_text;
    "pass/not-a-struct-but-a-union.rs" not_a_struct_but_a_union;
    "pass/not-a-struct-but-an-enum.rs" not_a_struct_but_an_enum;
    "pass/on-update-unknown.rs" on_update_unknown;
    "pass/only-if-on-a-blob.rs" only_if_on_a_blob;
    "pass/operation-not-run.rs" operation_not_run;
    "pass/order-of-text.rs" order_of_text;
    "pass/positional-codec-in-a-generic-model.rs" positional_codec_in_a_generic_model;
    "pass/positional-codec-with-flatten.rs" positional_codec_with_flatten;
    "pass/positional-codec-with-skip-serializing-if.rs" positional_codec_with_skip_serializing_if;
    "pass/positional-codec-with-tag.rs" positional_codec_with_tag;
    "pass/refresh-without-a-ttl.rs" refresh_without_a_ttl;
    "pass/prefix-instead-of-key.rs" prefix_instead_of_key;
    "pass/primary-key-on-a-field.rs" primary_key_on_a_field;
    "pass/prefix-without-keys.rs" prefix_without_keys;
    "pass/remove-a-required-field.rs" remove_a_required_field;
    "pass/rename-all-on-a-field.rs" rename_all_on_a_field;
    "pass/rename-all-unknown-case.rs" rename_all_unknown_case;
    "pass/rename-collides.rs" rename_collides;
    "pass/rename-empty.rs" rename_empty;
    "pass/rename-given-twice.rs" rename_given_twice;
    "pass/rename-not-a-string.rs" rename_not_a_string;
    "pass/rename-to-the-marker.rs" rename_to_the_marker;
    "pass/rename-without-value.rs" rename_without_value;
    "pass/required-without-an-outcome.rs" required_without_an_outcome;
    "pass/revision-named-version.rs" revision_named_version;
    "pass/revision-not-unsigned.rs" revision_not_unsigned;
    "pass/revision-on-two-fields.rs" revision_on_two_fields;
    "pass/run-async-without-the-feature.rs" run_async_without_the_feature;
    "pass/run-on-without-the-feature.rs" run_on_without_the_feature;
    "pass/save-of-no-model.rs" save_of_no_model;
    "pass/select-from-a-blob.rs" select_from_a_blob;
    "pass/set-a-list-of-another-type.rs" set_a_list_of_another_type;
    "pass/set-a-value-of-another-type.rs" set_a_value_of_another_type;
    "pass/set-an-option-of-a-reference.rs" set_an_option_of_a_reference;
    "pass/set-none-to-a-required-field.rs" set_none_to_a_required_field;
    "pass/several-mistakes-at-once.rs" several_mistakes_at_once;
    "pass/skip-and-codec.rs" skip_and_codec;
    "pass/skip-and-rename.rs" skip_and_rename;
    "pass/skip-with-value.rs" skip_with_value;
    "pass/skip-without-default.rs" skip_without_default;
    "pass/struct-borrows.rs" struct_borrows;
    "pass/table-instead-of-key.rs" table_instead_of_key;
    "pass/transaction-of-a-read.rs" transaction_of_a_read;
    "pass/ttl-is-a-number.rs" ttl_is_a_number;
    "pass/ttl-negative.rs" ttl_negative;
    "pass/ttl-not-a-string.rs" ttl_not_a_string;
    "pass/ttl-too-long.rs" ttl_too_long;
    "pass/ttl-unknown-unit.rs" ttl_unknown_unit;
    "pass/ttl-without-unit.rs" ttl_without_unit;
    "pass/ttl-zero.rs" ttl_zero;
    "pass/tuple-struct-with-a-named-key.rs" tuple_struct_with_a_named_key;
    "pass/tuple-struct-without-a-key.rs" tuple_struct_without_a_key;
    "pass/unique-on-a-field.rs" unique_on_a_field;
    "pass/unit-struct.rs" unit_struct;
    "pass/unix-in-two-forms.rs" unix_in_two_forms;
    "pass/unix-on-text.rs" unix_on_text;
    "pass/unix-with-value.rs" unix_with_value;
    "pass/update-of-a-blob.rs" update_of_a_blob;
    "pass/value-alias-is-a-name.rs" value_alias_is_a_name;
    "pass/value-attribute-misspelled.rs" value_attribute_misspelled;
    "pass/value-enum-with-data.rs" value_enum_with_data;
    "pass/value-is-a-union.rs" value_is_a_union;
    "pass/value-name-given-twice.rs" value_name_given_twice;
    "pass/value-newtype-of-a-list.rs" value_newtype_of_a_list;
    "pass/value-of-two-fields.rs" value_of_two_fields;
    "pass/value-repr-int-with-rename.rs" value_repr_int_with_rename;
    "pass/value-repr-unknown.rs" value_repr_unknown;
    "pass/value-with-two-others.rs" value_with_two_others;
    "pass/value-without-a-field.rs" value_without_a_field;
    "pass/variant-name-empty.rs" variant_name_empty;
    "pass/version-field-empty.rs" version_field_empty;
    "pass/version-field-in-the-key.rs" version_field_in_the_key;
    "pass/version-field-is-an-alias.rs" version_field_is_an_alias;
    "pass/version-field-is-empty.rs" version_field_is_empty;
    "pass/version-field-is-taken.rs" version_field_is_taken;
    "pass/version-field-is-the-marker.rs" version_field_is_the_marker;
    "pass/version-field-of-a-blob.rs" version_field_of_a_blob;
    "pass/version-field-on-a-field.rs" version_field_on_a_field;
    "pass/version-field-without-a-version.rs" version_field_without_a_version;
    "pass/with-as-text-instead-of-codec.rs" with_as_text_instead_of_codec;
    "pass/with-instead-of-codec.rs" with_instead_of_codec;
    "pass/within-all-parts.rs" within_all_parts;
    "pass/within-of-another-type.rs" within_of_another_type;
}
