"""`python -m tests.answers DATABASE_URL REDIS_URL`: exit 0 if both servers answer."""

import sys

import psycopg
import redis

if __name__ == "__main__":
    try:
        psycopg.connect(sys.argv[1], connect_timeout=2).close()
        redis.Redis.from_url(sys.argv[2], socket_connect_timeout=2).ping()
    except (psycopg.Error, redis.RedisError) as fault:
        sys.exit(str(fault))
