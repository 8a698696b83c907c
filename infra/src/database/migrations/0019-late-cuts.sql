-- Cuts with events that came after their windows were over: few in most fleets, so that asking for them costs little.
create index cuts_late on cuts (last_append_ms) where late > 0;
