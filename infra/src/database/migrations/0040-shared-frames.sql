-- Small blocks of raw events of one cut share a frame: compressing each by itself cost a fleet of many agents a third of its processors.

alter table event_blocks
  -- The agent in whose row of the same cut the bytes are, and `block` is empty here; null: in this row. That row is dropped last.
  add column frame_of text,
  -- Where in the unpacked bytes this agent's lines are, half-open; null: all of them are its own.
  add column text_from integer,
  add column text_to integer;
