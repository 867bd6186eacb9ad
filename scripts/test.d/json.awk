# SPDX-License-Identifier: GPL-2.0
# The leaves as JSON.

function quote(text)
{
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	gsub(/[\001-\037]/, " ", text)
	return "\"" text "\""
}

BEGIN { FS = "\t"; printf "{\n  \"tests\": [" }
{
	printf "%s\n    {\"run\": %s, \"program\": %s, \"subtest\": %s, \"result\": %s, \"reason\": %s}",
		(NR > 1 ? "," : ""), quote($1), quote($2), quote($3), quote($4), quote($5)
	count[$4]++
}
END {
	printf "\n  ],\n  \"passed\": %d,\n  \"failed\": %d,\n  \"skipped\": %d\n}\n",
		count["pass"], count["fail"], count["skip"]
}
