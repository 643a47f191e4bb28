//! What every store must do, as a library: a new store is one line in a test of its own.
//!
//! ```ignore
//! nightlatch_store::conformance!(MyStore::fresh().await);
//! ```
//!
//! The expression gives a fresh store and a guard that lives until the case is over, as `(store, guard)`; it may wait. Each
//! case is a test. The crate of the test needs `tokio` with `macros` and `rt-multi-thread`.
#![expect(missing_docs, reason = "the name of a case says what must hold")]
#![expect(clippy::missing_panics_doc, reason = "they are tests")]
// Allowed already in what is compiled as a test.
#![cfg_attr(not(test), expect(clippy::wildcard_imports, reason = "they are tests"))]

pub mod amending;
pub mod creating;
pub mod ending;
pub mod fixture;
pub mod hearing;
pub mod outdating;
pub mod paging;
pub mod racing;
pub mod rooming;
pub mod telling;
pub mod touching;

/// One test for each case, on a fresh store. See [the module](mod@crate::conformance).
#[macro_export]
macro_rules! conformance {
    ($fresh:expr) => {
        $crate::conformance_cases! {
            $fresh;
            creating:
                a_record_is_read_back_whole
                a_missing_record_is_none
                create_never_merges
                a_locked_record_stays_locked;
            rooming:
                where_there_is_no_room_nothing_is_changed
                only_live_sessions_that_count_take_up_room
                room_is_made_by_ending_what_is_named
                racing_creations_never_exceed_the_room
                racing_creations_end_what_is_in_their_way_once
                a_claimed_creation_takes_effect_once
                a_claimed_key_is_made_once
                of_racing_claims_one_takes_effect
                old_claims_are_forgotten
                an_end_tells_how_long_nobody_was_there;
            touching:
                a_touch_moves_activity_and_nothing_else
                a_touch_never_goes_back
                a_touch_never_shortens_the_longest_absence
                an_absence_counts_from_what_the_store_knows
                an_absence_counts_from_the_end_of_a_hold
                a_touch_may_turn_the_page
                a_touch_leaves_missing_and_ended_records_alone
                of_touches_of_one_record_the_latest_counts;
            amending:
                an_amendment_changes_what_it_names
                a_stale_amendment_changes_nothing
                an_amendment_does_not_take_back_a_touch
                an_amendment_tells_of_no_absence_that_the_store_knows_to_be_none
                a_lock_of_a_policy_that_was_replaced_changes_nothing
                a_lock_that_knows_less_of_activity_changes_nothing
                reauthentication_clears_the_longest_absence
                a_change_after_the_end_changes_nothing
                rotation_replaces_the_token_and_nothing_else
                rotation_onto_a_known_token_is_refused
                a_rotated_session_ends_by_its_new_token_alone;
            ending:
                an_end_is_told_once_with_one_reason
                what_the_audit_is_still_to_be_told_is_told_with_the_end
                an_ended_record_tells_its_reason_and_is_in_no_list
                an_end_reaches_what_its_selector_means
                an_end_by_filter_stops_at_its_limit
                a_deadline_ends_what_is_as_it_was_judged
                a_deadline_spares_what_was_touched_or_amended_since
                a_deadline_of_a_policy_that_was_replaced_ends_nothing
                a_deadline_ends_once
                the_earliest_deadline_comes_first
                a_deadline_that_moves_moves_in_the_index
                forgetting_keeps_the_audit_and_the_living;
            paging:
                a_list_is_in_the_order_of_creation
                every_filter_lists_counts_and_pages_what_matches
                pages_are_stable_while_sessions_come_and_go
                a_limit_of_zero_is_an_empty_page;
            outdating:
                sessions_of_earlier_policies_are_counted
                reindexing_moves_the_deadline_and_nothing_else
                reindexing_leaves_alone_what_has_moved_on;
            telling:
                the_audit_counts_from_one
                what_is_forgotten_of_the_audit_is_its_beginning
                the_audit_is_filtered_and_paged
                an_entry_is_read_back_whole
                policies_are_numbered_once
                api_keys_have_one_name
                the_last_key_with_a_scope_stays
                of_two_who_remove_the_last_keys_one_is_refused
                an_api_key_is_replaced_whole
                applications_change_from_version_to_version
                whoever_asks_is_answered_one_secret
                the_latest_instant_is_the_latest_of_all_that_was_told
                a_refused_call_tells_nothing;
            racing:
                nothing_lives_after_an_acknowledged_end
                of_creates_with_one_handle_one_wins
                of_ends_at_once_one_is_told
                of_amendments_of_one_version_one_wins;
        }
    };
}

/// The same for a store that several nodes share. See [the module](mod@crate::conformance).
#[macro_export]
macro_rules! shared_conformance {
    ($fresh:expr) => {
        $crate::conformance_cases! {
            $fresh;
            hearing:
                a_node_hears_of_what_others_change
                a_node_hears_of_each_change_once
                a_change_that_was_refused_is_told_to_nobody
                what_moves_no_limit_is_told_to_nobody
                of_documents_it_is_told_which
                a_position_that_nobody_can_read_is_lost
                too_many_changes_are_a_lost_position
                nothing_is_missed_while_others_write
                one_node_has_a_turn_at_a_time
                who_leaves_gives_its_turns_back
                time_is_moved_by_one
                who_starts_hears_of_the_latest_time
                nodes_are_listed_while_they_are_there;
        }
    };
}

/// The cases of [`conformance!`], by what they are about.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    ($fresh:expr; $($group:ident: $($case:ident)*;)*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let (store, _guard) = $fresh;
                $crate::conformance::$group::$case(std::sync::Arc::new(store)).await;
            }
        )*)*
    };
}
