"""Checks a table of submissions by `preflight batch`, one process for each partition, and writes the reports as Parquet.

    spark-submit batch.py --submissions s3a://lake/submissions --reports s3a://lake/reports --preflight preflight

The table has the columns of a line: `id`, `images` (a map of steps to places, or a struct), and as far as known `token`,
`country`, `document_type`, `token_type` and `session` (its JSON as text, or a struct). Others are ignored.

A lost partition is simply done again. That repeats nothing outside: reports are committed once by Spark, and bodies
(`--requests`) are named by what is in their line, so that the second writes what the first did.
"""
import argparse
import shlex

from pyspark.sql import SparkSession
from pyspark.sql.functions import struct, to_json

FINDING = "struct<rule: string, family: string, level: string, step: string, message: string, predicts: string>"
SCORES = ", ".join(f"{name}: int" for name in ("legibility", "sharpness", "glare", "exposure", "document", "face"))
IMAGE = f"""struct<file: string, step: string, verdict: string, advice: string, format: string, bytes: long, width: int,
    height: int, pages: int, encrypted: boolean, scores: struct<{SCORES}>, findings: array<{FINDING}>,
    sent: struct<bytes: long, format: string, recompressed: boolean, quality: int, width: int, height: int>>"""
REPORT = f"""id string, error string, body string, verdict string, advice string,
    skip_analysis struct<recommended: boolean, because: array<string>>, images array<{IMAGE}>, findings array<{FINDING}>,
    request struct<bytes: long, limit: long>"""
COLUMNS = ("id", "token", "country", "document_type", "token_type", "session", "images")

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--submissions", required=True, help="a Parquet table")
parser.add_argument("--reports", required=True, help="where the reports go; must not exist")
parser.add_argument("--preflight", default="preflight", help="the program, on every worker")
parser.add_argument("--partitions", type=int, help="into how many parts the table is cut; as it is stored when left out")
parser.add_argument("flags", nargs="*", help="further flags of `preflight batch`, behind --")
arguments = parser.parse_args()

spark = SparkSession.builder.appName("preflight").getOrCreate()
table = spark.read.parquet(arguments.submissions)
table = table.select(*[column for column in COLUMNS if column in table.columns])
if arguments.partitions:
    table = table.repartition(arguments.partitions)
# A task has one core. Status 1 says that some are not ready, which is an answer and no failure.
command = ["sh", "-c", '"$0" batch "$@"; test $? -le 1', arguments.preflight, "--unordered", "--threads", "1"]
lines = table.select(to_json(struct("*"))).rdd.map(lambda row: row[0])
answers = lines.pipe(shlex.join(command + arguments.flags), checkCode=True)
spark.read.schema(REPORT).option("mode", "FAILFAST").json(answers).write.parquet(arguments.reports)
spark.stop()
