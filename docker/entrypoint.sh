#!/bin/sh
# What this container is: web, worker, beat, or any command of manage.py (migrate, createsuperuser, …).
set -eu

case "${1:-web}" in
    web)
        exec python -m portal.server --listen 0.0.0.0:8000 --threads "${WEB_THREADS:-8}"
        ;;
    worker)
        # Threads: a visit waits for its PC most of the time. A process fills one core at most, so start several of them
        # rather than more threads (docs/architecture.md); each thread keeps a connection to the database.
        # Its second word is the queue that it serves: portal, safety, or both with a comma between.
        export PROCESS_KIND=worker
        exec celery -A portal worker -Q "${2:-portal,safety}" -P threads -c "${WORKER_THREADS:-20}" \
            --without-gossip --without-mingle
        ;;
    beat)
        export PROCESS_KIND=beat
        exec celery -A portal beat --schedule /tmp/beat-schedule --pidfile ""
        ;;
    *)
        exec python manage.py "$@"
        ;;
esac
