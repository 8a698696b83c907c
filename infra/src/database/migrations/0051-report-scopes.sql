-- Of what a report is: what carries these labels alone, and what variables of the dashboard stand for. Everything, and as
-- the dashboard says, for those that are there.
update report_schedules set definition = '{"labels": {}, "variables": {}}' || definition;
