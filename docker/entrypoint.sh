#!/bin/sh
# What this container is: web, worker, beat, or any command of manage.py (migrate, createsuperuser, …).
set -eu

case "${1:-web}" in
    web)
        # Connections stay open for longer than the pages wait between two polls.
        exec gunicorn portal.wsgi --bind 0.0.0.0:8000 --worker-class gthread \
            --workers "${WEB_WORKERS:-2}" --threads "${WEB_THREADS:-8}" \
            --keep-alive 75 --worker-tmp-dir /dev/shm --no-control-socket
        ;;
    worker)
        # Threads: a visit waits for its PC most of the time. No connection outlives its task.
        export DATABASE_CONN_MAX_AGE_S="${DATABASE_CONN_MAX_AGE_S:-0}"
        # Its second word is the queue that it serves: portal, safety, or both with a comma between.
        exec celery -A portal worker -Q "${2:-portal,safety}" -P threads -c "${WORKER_THREADS:-50}" \
            --without-gossip --without-mingle
        ;;
    beat)
        exec celery -A portal beat --schedule /tmp/beat-schedule --pidfile ""
        ;;
    *)
        exec python manage.py "$@"
        ;;
esac
