"""The functions that SQL of a pack may call: none of DuckDB's that read a clock, a setting, a file or chance.

Some depend on the order of rows (``first``, ``any_value``, ``list``, ``row_number``): whoever calls them orders the rows, or
has only equal ones.
"""

_LOGIC = "coalesce constant_or_null greatest if ifnull least nullif"
_NUMBERS = (
    "abs add bit_count cbrt ceil ceiling divide even exp factorial fdiv floor fmod gcd greatest_common_divisor"
    " isfinite isinf isnan lcm least_common_multiple ln log log10 log2 mod multiply pi pow power round round_even"
    " roundbankers sign sqrt subtract trunc xor"
)
_TEXTS = (
    "ascii bit_length char_length character_length chr concat concat_ws contains ends_with format hex instr lcase left"
    " len length like_escape lower lpad ltrim md5 not_like_escape ord position prefix printf regexp_escape"
    " regexp_extract regexp_extract_all regexp_full_match regexp_matches regexp_replace regexp_split_to_array repeat"
    " replace reverse right rpad rtrim sha1 sha256 split split_part starts_with str_split str_split_regex string_split"
    " string_split_regex string_to_array strip_accents strlen strpos substr substring suffix translate trim ucase"
    " unicode upper"
)
_DATES = (
    "century date_add date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname dayofmonth"
    " dayofweek dayofyear days_in_month decade epoch era hour isodow isoyear julian last_day make_date make_timestamp"
    " minute month monthname quarter second strftime strptime time_bucket to_days to_decades to_hours to_minutes"
    " to_months to_quarters to_seconds to_weeks to_years try_strptime week weekday weekofyear year yearweek"
)
_LISTS = (
    "array_agg array_concat array_contains array_distinct array_extract array_filter array_has array_has_all"
    " array_has_any array_intersect array_length array_position array_slice array_sort array_transform array_unique"
    " cardinality element_at flatten generate_series list list_aggregate list_append list_apply list_concat"
    " list_contains list_count list_distinct list_element list_extract list_filter list_has list_has_all list_has_any"
    " list_intersect list_max list_min list_position list_prepend list_reduce list_resize list_reverse"
    " list_reverse_sort list_select list_slice list_sort list_sum list_transform list_unique list_value list_where"
    " list_zip map map_concat map_contains map_entries map_extract map_extract_value map_from_entries map_keys"
    " map_values range reduce row struct_extract struct_insert struct_pack unnest"
)
_AGGREGATES = (
    "any_value arbitrary arg_max arg_max_null arg_min arg_min_null argmax argmin avg bit_and bit_or bit_xor bool_and"
    " bool_or count count_if count_star countif first group_concat histogram last listagg mad max max_by mean median"
    " min min_by mode product quantile quantile_cont quantile_disc stddev stddev_pop stddev_samp string_agg sum"
    " sum_no_overflow var_pop var_samp variance"
)
_WINDOWS = (
    "cume_dist dense_rank fill first_value lag last_value lead nth_value ntile percent_rank rank row_number"
)

GROUPS = {
    "logic": _LOGIC,
    "numbers": _NUMBERS,
    "texts": _TEXTS,
    "dates": _DATES,
    "lists": _LISTS,
    "aggregates": _AGGREGATES,
    "windows": _WINDOWS,
}
"""The names by what they are about, as docs/pack.md lists them."""

FUNCTIONS = frozenset(name for names in GROUPS.values() for name in names.split())
