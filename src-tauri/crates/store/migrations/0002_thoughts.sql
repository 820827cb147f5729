-- What a model thought before it wrote. No part of `output`: it belongs on no page, and the search leaves it out.
ALTER TABLE generation ADD COLUMN thoughts TEXT NOT NULL DEFAULT '';
