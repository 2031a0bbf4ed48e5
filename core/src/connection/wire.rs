//! The methods that the executors call on a connection: those of redis-rs, and the prefix of its
//! keys.
//!
//! A [`Prefixed`] connection does not implement redis-rs' traits, so that redis-rs sends no
//! command on it without the prefix.

use redis::{Cmd, Pipeline, RedisResult, Value};

use super::Prefixed;
use crate::op::Prefix;
#[cfg(feature = "aio")]
use crate::op::Topology;

pub trait SyncWire {
    fn key_prefix(&self) -> Option<&Prefix>;

    fn send_single(&mut self, cmd: &Cmd) -> RedisResult<Value>;

    fn send_pipeline(&mut self, pipeline: &Pipeline) -> RedisResult<Vec<Value>>;

    fn takes_pipelines(&self) -> bool;
}

impl<C: redis::ConnectionLike + ?Sized> SyncWire for C {
    #[inline(always)]
    fn key_prefix(&self) -> Option<&Prefix> {
        None
    }

    #[inline]
    fn send_single(&mut self, cmd: &Cmd) -> RedisResult<Value> {
        self.req_command(cmd)
    }

    #[inline]
    fn send_pipeline(&mut self, pipeline: &Pipeline) -> RedisResult<Vec<Value>> {
        self.req_packed_commands(&pipeline.get_packed_pipeline(), 0, pipeline.len())
    }

    #[inline]
    fn takes_pipelines(&self) -> bool {
        self.supports_pipelining()
    }
}

impl<C: redis::ConnectionLike + ?Sized> SyncWire for Prefixed<C> {
    fn key_prefix(&self) -> Option<&Prefix> {
        self.used_prefix()
    }

    fn send_single(&mut self, cmd: &Cmd) -> RedisResult<Value> {
        self.get_mut().send_single(cmd)
    }

    fn send_pipeline(&mut self, pipeline: &Pipeline) -> RedisResult<Vec<Value>> {
        self.get_mut().send_pipeline(pipeline)
    }

    fn takes_pipelines(&self) -> bool {
        self.get_ref().takes_pipelines()
    }
}

#[cfg(feature = "aio")]
pub trait AsyncWire {
    fn key_prefix(&self) -> Option<&Prefix>;

    fn send_single<'a>(&'a mut self, cmd: &'a Cmd) -> redis::RedisFuture<'a, Value>;

    fn send_pipeline<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
    ) -> redis::RedisFuture<'a, Vec<Value>>;

    /// Returns the kind of server that the connection reaches.
    fn topology(&self) -> Topology;

    /// Returns `true` if the connection is known to serve one operation at a time.
    fn is_dedicated(&self) -> bool;
}

#[cfg(feature = "aio")]
impl<C: redis::aio::ConnectionLike + ?Sized> AsyncWire for C {
    #[inline(always)]
    fn key_prefix(&self) -> Option<&Prefix> {
        None
    }

    #[inline]
    fn send_single<'a>(&'a mut self, cmd: &'a Cmd) -> redis::RedisFuture<'a, Value> {
        self.req_packed_command(cmd)
    }

    #[inline]
    fn send_pipeline<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
    ) -> redis::RedisFuture<'a, Vec<Value>> {
        self.req_packed_commands(pipeline, 0, pipeline.len())
    }

    #[inline]
    fn topology(&self) -> Topology {
        crate::redis_rs::topology_of::<C>()
    }

    #[inline]
    fn is_dedicated(&self) -> bool {
        crate::redis_rs::is_dedicated::<C>()
    }
}

#[cfg(feature = "aio")]
impl<C: redis::aio::ConnectionLike + ?Sized> AsyncWire for Prefixed<C> {
    fn key_prefix(&self) -> Option<&Prefix> {
        self.used_prefix()
    }

    fn send_single<'a>(&'a mut self, cmd: &'a Cmd) -> redis::RedisFuture<'a, Value> {
        AsyncWire::send_single(self.get_mut(), cmd)
    }

    fn send_pipeline<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
    ) -> redis::RedisFuture<'a, Vec<Value>> {
        AsyncWire::send_pipeline(self.get_mut(), pipeline)
    }

    fn topology(&self) -> Topology {
        AsyncWire::topology(self.get_ref())
    }

    fn is_dedicated(&self) -> bool {
        AsyncWire::is_dedicated(self.get_ref())
    }
}
